using CniPlugins.Calico.Install;
using CniPlugins.Kubernetes;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Calico;

/// <summary>install, as the init container of a cluster runs it, against a Kubernetes API, with a directory in the host's place.</summary>
public sealed class InstallTests(ApiServerFixture fixture) : IClassFixture<ApiServerFixture>, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cni-install-").FullName;

    private string Root => Path.Combine(_directory, "host");

    private string Net => Path.Combine(Root, "etc/cni/net.d");

    private string Bin => Path.Combine(Root, "opt/cni/bin");

    private string Image => Path.Combine(_directory, "image");

    private string Account => Path.Combine(_directory, "account");

    [Fact]
    public void A_node_gets_executables_a_kubeconfig_that_works_and_last_its_configuration()
    {
        Prepare();
        Install(("CNI_NETWORK_CONFIG", """{"name":"k8s-pod-network","plugins":[{"type":"calico","mtu":__CNI_MTU__,"kubernetes":{"kubeconfig":"__KUBECONFIG_FILEPATH__"}}]}"""), ("CNI_MTU", "1450"));
        Assert.Equal(["bandwidth", "calico", "calico-ipam"], Directory.GetFiles(Bin).Select(Path.GetFileName).Order());
        Assert.Equal(Tool.Run("stat", "-c", "%i", $"{Bin}/calico"), Tool.Run("stat", "-c", "%i", $"{Bin}/calico-ipam"));
        Assert.Equal("""{"name":"k8s-pod-network","plugins":[{"type":"calico","mtu":1450,"kubernetes":{"kubeconfig":"/etc/cni/net.d/calico-kubeconfig"}}]}""", File.ReadAllText($"{Net}/10-calico.conflist"));
        foreach (var file in new[] { "10-calico.conflist", "calico-kubeconfig" })
            Assert.Equal("600", Tool.Run("stat", "-c", "%a", $"{Net}/{file}").Trim());
        Assert.Equal("node-7", File.ReadAllText($"{Root}/var/lib/calico/nodename"));

        fixture.Server.AddNode("node-7");
        using var api = new ApiClient(() => Kubeconfig.Read([$"{Net}/calico-kubeconfig"], new KubeconfigOverrides()));
        Assert.Equal(200, api.Send(ApiRequest.Get("api/v1/nodes/node-7"), "read", TimeSpan.FromSeconds(20)).Status);
        Assert.DoesNotContain(Directory.GetFiles(Net).Concat(Directory.GetFiles(Bin)), file => Path.GetFileName(file).StartsWith('.'));
    }

    [Fact]
    public void What_is_there_is_replaced_by_a_rename_and_what_is_the_same_stays()
    {
        Prepare();
        Directory.CreateDirectory(Bin);
        File.WriteAllText($"{Bin}/calico", "upstream's");
        using var running = File.OpenRead($"{Bin}/calico");
        Install();
        Assert.Equal("upstream's", new StreamReader(running).ReadToEnd());
        var inode = Tool.Run("stat", "-c", "%i %Y", $"{Bin}/calico", $"{Net}/10-calico.conflist");
        Install();
        Assert.Equal(inode, Tool.Run("stat", "-c", "%i %Y", $"{Bin}/calico", $"{Net}/10-calico.conflist"));
        Assert.Contains("\"nodename\": \"node-7\"", File.ReadAllText($"{Net}/10-calico.conflist"), StringComparison.Ordinal);
    }

    [Fact]
    public void Variables_choose_names_and_what_is_left_alone()
    {
        Prepare();
        Directory.CreateDirectory(Bin);
        File.WriteAllText($"{Bin}/calico", "old");
        File.WriteAllText($"{Net}/10-calico.conflist", "{}");
        Install(("CNI_CONF_NAME", "05-ours.conflist"), ("SKIP_CNI_BINARIES", "bandwidth"), ("UPDATE_CNI_BINARIES", "false"));
        Assert.Equal("old", File.ReadAllText($"{Bin}/calico"));
        Assert.Equal(["calico", "calico-ipam"], Directory.GetFiles(Bin).Select(Path.GetFileName).Order());
        Assert.Equal(["05-ours.conflist", "calico-kubeconfig"], Directory.GetFiles(Net).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Etcds_files_come_along_and_go_again()
    {
        Prepare();
        var secrets = Directory.CreateDirectory(Path.Combine(_directory, "secrets")).FullName;
        File.WriteAllText($"{secrets}/etcd-ca", "CA");
        var template = ("CNI_NETWORK_CONFIG", """{"ca":"__ETCD_CA_CERT_FILE__","key":"__ETCD_KEY_FILE__"}""");
        Install(template, ("TLS_ASSETS_DIR", secrets));
        Assert.Equal("""{"ca":"/etc/cni/net.d/calico-tls/etcd-ca","key":""}""", File.ReadAllText($"{Net}/10-calico.conflist"));
        Assert.Equal("CA", File.ReadAllText($"{Net}/calico-tls/etcd-ca"));
        File.Delete($"{secrets}/etcd-ca");
        Install(template, ("TLS_ASSETS_DIR", secrets));
        Assert.False(File.Exists($"{Net}/calico-tls/etcd-ca"));
    }

    [Theory]
    [InlineData("CNI_NETWORK_CONFIG", "{\"name\":", "the configuration is no JSON object")]
    [InlineData("SLEEP", "perhaps", "SLEEP is \"perhaps\", not true or false")]
    [InlineData("CNI_CONF_NAME", "../x", "CNI_CONF_NAME is \"../x\", not the name of a file")]
    [InlineData("CNI_NETWORK_CONFIG_FILE", "/none/such", "CNI_NETWORK_CONFIG_FILE: /none/such does not exist")]
    public void What_is_wrong_is_said_and_the_old_configuration_stays(string name, string value, string problem)
    {
        Prepare();
        File.WriteAllText($"{Net}/10-calico.conflist", "{}");
        Assert.Contains(problem, Assert.Throws<InstallException>(() => Install((name, value))).Message, StringComparison.Ordinal);
        Assert.Equal("{}", File.ReadAllText($"{Net}/10-calico.conflist"));
    }

    [Theory]
    [InlineData("1h30m", 5400)]
    [InlineData("90s", 90)]
    [InlineData("1.5m", 90)]
    [InlineData("300ms", 0.3)]
    public void Durations_are_Gos(string text, double seconds) => Assert.Equal(seconds, GoDuration.Parse(text)!.Value.TotalSeconds, 6);

    [Theory]
    [InlineData("90")]
    [InlineData("h")]
    [InlineData("-5s")]
    [InlineData("")]
    public void What_is_no_duration_is_none(string text) => Assert.Null(GoDuration.Parse(text));

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private void Install(params (string Name, string Value)[] more)
    {
        var environment = new Dictionary<string, string>
        {
            ["KUBERNETES_NODE_NAME"] = "node-7",
            ["KUBERNETES_SERVICE_HOST"] = "127.0.0.1",
            ["KUBERNETES_SERVICE_PORT"] = $"{fixture.Server.Port}",
            ["SLEEP"] = "false",
            ["TLS_ASSETS_DIR"] = Path.Combine(_directory, "secrets"),
        };
        foreach (var (name, value) in more)
            environment[name] = value;
        new Installer(new InstallSettings(environment), Root, Image, Account).Install();
    }

    /// <summary>An image with three names, a host with its directories, and what the cluster gives to a pod of calico-node's.</summary>
    private void Prepare()
    {
        foreach (var directory in new[] { Net, Bin, Image, Account, $"{Root}/var/lib/calico" })
            Directory.CreateDirectory(directory);
        File.WriteAllText($"{Image}/calico", "#!/bin/sh\n");
        foreach (var name in new[] { "calico-ipam", "bandwidth", "install" })
            Tool.Run("ln", "-f", $"{Image}/calico", $"{Image}/{name}");
        var api = fixture.Server;
        api.Apply("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kube-system"}}""");
        foreach (var account in new[] { "calico-cni-plugin", "calico-cni-install" })
            api.Apply($$"""{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"{{account}}","namespace":"kube-system"} }""");
        File.WriteAllText($"{Account}/namespace", "kube-system");
        File.WriteAllText($"{Account}/token", api.Kubectl("create", "token", "-n", "kube-system", "calico-cni-install").Trim());
        File.Copy(api.CaFile, $"{Account}/ca.crt", overwrite: true);
    }
}
