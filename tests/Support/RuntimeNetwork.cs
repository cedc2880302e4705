namespace CniPlugins.Tests.Support;

/// <summary>The network that the tests with a real runtime use: the chain of a Kubernetes node.</summary>
internal static class RuntimeNetwork
{
    /// <summary>The conflist; containerd 1.6 knows versions to 1.0.0.</summary>
    public static string Chain(string version = "1.0.0") =>
        $$$"""
        {"cniVersion":"{{{version}}}","name":"pods","plugins":[
          {"type":"bridge","bridge":"cni0","isGateway":true,"ipMasq":true,"hairpinMode":true,
           "ipam":{"type":"host-local","ranges":[[{"subnet":"10.77.0.0/24"}],[{"subnet":"fd00:77::/64"}]],"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]}},
          {"type":"portmap","capabilities":{"portMappings":true}},
          {"type":"firewall"}]}
        """;
}
