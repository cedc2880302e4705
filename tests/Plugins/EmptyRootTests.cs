using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>cni-calico where there is nothing else: no libraries, no nsswitch.conf, no certificates but the configured ones.</summary>
public sealed class EmptyRootTests
{
    [Theory]
    [InlineData("127.0.0.1", "")]
    [InlineData("localhost", "")]
    [InlineData("etcd.test", "127.0.0.1 etcd.test\n")]
    [InlineData("etcd.test", "127.0.0.1 etcd.test\n", "hosts: mymachines resolve [!UNAVAIL=return] files\n")]
    public void Etcd_is_reached_by_name_over_TLS(string host, string hosts, string services = "")
    {
        Assert.SkipUnless(File.Exists($"{CniCall.OurBin}/calico-ipam"), "nothing built: run scripts/build.sh");
        using var certificates = new TestCertificates(names: ["localhost", "etcd.test"]);
        using var server = new EtcdServer(certificates).Ready();
        server.Put("/calico/resources/v3/projectcalico.org/nodes/node1", """{"kind":"Node","apiVersion":"projectcalico.org/v3","metadata":{"name":"node1"},"spec":{}}""");
        var root = Directory.CreateTempSubdirectory("cni-root-").FullName;
        try
        {
            foreach (var file in new[] { $"{CniCall.OurBin}/calico-ipam", certificates.Ca, certificates.ClientCertificate, certificates.ClientKey })
                File.Copy(file, $"{root}/{Path.GetFileName(file)}");
            Directory.CreateDirectory($"{root}/dev"); // the one thing that HttpClient wants: random numbers
            Tool.Run("mknod", $"{root}/dev/urandom", "c", "1", "9");
            foreach (var (name, text) in new[] { ("hosts", hosts), ("nsswitch.conf", services) })
            {
                Directory.CreateDirectory($"{root}/etc");
                if (text.Length > 0)
                    File.WriteAllText($"{root}/etc/{name}", text);
            }

            var config = $$"""
                {"cniVersion":"1.0.0","name":"n","type":"ptp","nodename":"node1","etcd_endpoints":"https://{{host}}:{{server.Port}}",
                 "etcd_ca_cert_file":"/ca.pem","etcd_cert_file":"/client.pem","etcd_key_file":"/client.key",
                 "ipam":{"type":"calico-ipam","pools":[{"name":"a","cidr":"10.1.0.0/24"}]} }
                """;
            foreach (var verb in new[] { "ADD", "DEL", "DEL" })
            {
                var variables = new Dictionary<string, string> { ["CNI_COMMAND"] = verb, ["CNI_CONTAINERID"] = "c1", ["CNI_IFNAME"] = "eth0", ["CNI_NETNS"] = "/run/netns/x", ["CNI_PATH"] = "/", ["PATH"] = Environment.GetEnvironmentVariable("PATH")! };
                var answer = Tool.Try("chroot", [root, "/calico-ipam"], System.Text.Encoding.UTF8.GetBytes(config), variables);
                Assert.True(answer.ExitCode == 0, $"{verb}: {answer.Output}{answer.Error}");
                Assert.Equal(verb == "ADD", answer.Output.Contains("10.1.0.", StringComparison.Ordinal));
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
