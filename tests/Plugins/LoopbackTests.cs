using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>The loopback plugin, which runtimes call for every pod before anything else.</summary>
public sealed class LoopbackTests
{
    private const string Newest = """
        {
            "cniVersion": "VERSION",
            "interfaces": [
                {
                    "mac": "00:00:00:00:00:00",
                    "name": "lo",
                    "sandbox": "NETNS"
                }
            ],
            "ips": [
                {
                    "address": "127.0.0.1/8",
                    "interface": 0
                },
                {
                    "address": "::1/128",
                    "interface": 0
                }
            ]
        }
        """;

    private const string Oldest = """
        {
            "cniVersion": "0.1.0",
            "ip4": {
                "ip": "127.0.0.1/8"
            },
            "ip6": {
                "ip": "::1/128"
            },
            "dns": {}
        }
        """;

    [Theory]
    [InlineData("", Oldest)]
    [InlineData("\"cniVersion\":\"0.2.0\",", Newest)] // the newest shape under the old label: what containerd is used to
    [InlineData("\"cniVersion\":\"0.3.0\",", Newest)]
    [InlineData("\"cniVersion\":\"0.3.1\",", Newest)]
    [InlineData("\"cniVersion\":\"0.4.0\",", Newest)]
    [InlineData("\"cniVersion\":\"1.0.0\",", Newest)]
    [InlineData("\"cniVersion\":\"1.1.0\",", Newest)]
    public void Lo_comes_up_and_the_result_has_the_shape_upstream_gives(string version, string expected)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var reply = new CniCall(host).Run("ADD", Lo(version), "c1", pod, "lo");
        Assert.Equal(0, reply.ExitCode);
        Assert.Equal(
            expected.Replace("VERSION", version.Length == 0 ? "" : version.Split('"')[3], StringComparison.Ordinal).Replace("NETNS", pod, StringComparison.Ordinal),
            reply.Output);
        Assert.Contains("LOWER_UP", Sandbox.PodIp(pod, "link show lo"), StringComparison.Ordinal);
        Assert.Equal(0, Sandbox.TryInPod(pod, "ping", "-c1", "-W1", "::1").ExitCode);
    }

    [Fact]
    public void CHECK_says_whether_lo_is_up()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        cni.Check(Lo(), cni.Add(Lo(), "c1", pod, "lo"), "c1", pod, "lo");
        Sandbox.PodIp(pod, "link set lo down");
        Assert.Equal((999, "loopback interface is down", ""), CniCall.Error(cni.Run("CHECK", Lo(), "c1", pod, "lo")));
    }

    [Fact]
    public void DEL_takes_lo_down_as_often_as_it_is_asked_and_without_a_pod()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        cni.Add(Lo(), "c1", pod, "lo");
        cni.Del(Lo(), "c1", pod, "lo");
        cni.Del(Lo(), "c1", pod, "lo");
        Assert.DoesNotContain("UP", Sandbox.PodIp(pod, "link show lo").Split('>')[0], StringComparison.Ordinal);
        cni.Del(Lo(), "c1", "", "lo");
        host.RemovePod(pod);
        cni.Del(Lo(), "c1", pod, "lo");
    }

    [Theory]
    [InlineData("ADD")]
    [InlineData("CHECK")]
    public void A_file_that_is_no_namespace_is_named(string verb)
    {
        using var host = new Sandbox();
        var file = Path.Combine(host.Directory, "file");
        File.WriteAllText(file, "");
        var (code, message, _) = CniCall.Error(new CniCall(host).Run(verb, Lo(), "c1", file, "lo"));
        Assert.Equal(999, code);
        Assert.Matches($"^unknown FS magic on \"{file}\": [0-9a-f]+$", message);
    }

    [Theory]
    [InlineData("ADD")]
    [InlineData("CHECK")]
    public void A_namespace_that_is_gone_is_named(string verb)
    {
        using var host = new Sandbox();
        var (code, message, _) = CniCall.Error(new CniCall(host).Run(verb, Lo(), "c1", "/run/netns/gone", "lo"));
        Assert.Equal((999, "failed to Statfs \"/run/netns/gone\": no such file or directory"), (code, message));
    }

    [Fact]
    public void An_address_that_is_not_a_loopback_one_is_refused()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        Sandbox.PodIp(pod, "addr add 10.0.0.1/32 dev lo");
        var (code, message, _) = CniCall.Error(new CniCall(host).Run("ADD", Lo(), "c1", pod, "lo"));
        Assert.Equal((999, "loopback interface found with non-loopback address \"10.0.0.1\""), (code, message));
    }

    [Theory]
    [InlineData("0.2.0", """{"cniVersion":"0.2.0","ip4":{"ip":"10.1.0.2/24"},"dns":{}}""")]
    [InlineData("0.4.0", """{"cniVersion":"0.4.0","interfaces":[{"name":"br0"}],"ips":[{"version":"4","interface":0,"address":"10.1.0.2/24"}],"dns":{}}""")]
    [InlineData("1.0.0", """{"cniVersion":"1.0.0","interfaces":[{"mtu":1500,"name":"br0"}],"ips":[{"address":"10.1.0.2/24","interface":0}]}""")]
    public void The_result_of_an_earlier_plugin_is_passed_through(string version, string previous)
    {
        using var host = new Sandbox();
        var conf = Lo($"\"prevResult\":{previous},\"cniVersion\":\"{version}\",");
        var reply = new CniCall(host).Run("ADD", conf, "c1", host.AddPod(), "lo");
        Assert.Equal(0, reply.ExitCode);
        Assert.Equal(previous, reply.Output.Replace("\n", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal));
    }

    private static string Lo(string members = "\"cniVersion\":\"1.0.0\",") => $$"""{{{members}}"name":"lo","type":"loopback"}""";
}
