namespace CniPlugins.Tests.Support;

/// <summary>Networks as real runtimes bring them: a Kubernetes node's whole chain, and the files of tests/Data/net.d.</summary>
internal static class RuntimeNetwork
{
    /// <summary>Every chained plugin there is behind a dual-stack bridge; containerd 1.6 knows versions to 1.0.0.</summary>
    public static string Chain(string version = "1.0.0") =>
        $$$"""
        {"cniVersion":"{{{version}}}","name":"pods","plugins":[
          {"type":"bridge","bridge":"cni0","isGateway":true,"ipMasq":true,"hairpinMode":true,
           "ipam":{"type":"host-local","ranges":[[{"subnet":"10.77.0.0/24"}],[{"subnet":"fd00:77::/64"}]],"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]}},
          {"type":"portmap","capabilities":{"portMappings":true}},
          {"type":"bandwidth","capabilities":{"bandwidth":true}},
          {"type":"firewall"},
          {"type":"tuning","sysctl":{"net.core.somaxconn":"513"},"mtu":1400}]}
        """;

    /// <summary>What a runtime or a distribution puts into /etc/cni/net.d by itself.</summary>
    public static string Default(string file) =>
        File.ReadAllText(Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "tests", "Data", "net.d", file)));
}
