namespace CniPlugins.Tests.Support;

/// <summary>Networks as real runtimes bring them: a Kubernetes node's whole chain, and the files of tests/Data/net.d.</summary>
internal static class RuntimeNetwork
{
    private static readonly string[] Plugins =
    [
        """
        {"type":"bridge","bridge":"cni0","isGateway":true,"ipMasq":true,"hairpinMode":true,
         "ipam":{"type":"host-local","ranges":[[{"subnet":"10.77.0.0/24"}],[{"subnet":"fd00:77::/64"}]],"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]}}
        """,
        """{"type":"portmap","capabilities":{"portMappings":true}}""",
        """{"type":"bandwidth","capabilities":{"bandwidth":true}}""",
        """{"type":"firewall"}""",
        """{"type":"tuning","sysctl":{"net.core.somaxconn":"513"},"mtu":1400}""",
    ];

    /// <summary>How many plugins the chain has.</summary>
    public static int Length => Plugins.Length;

    /// <summary>Every chained plugin there is behind a dual-stack bridge; containerd 1.6 knows versions to 1.0.0.</summary>
    public static string Chain(string version = "1.0.0") => List(version, Plugins);

    /// <summary>The same with a place to stop behind each plugin (<see cref="Machine.HoldBehind"/>).</summary>
    public static string Held => List("1.0.0", Plugins.Index().SelectMany(plugin => (string[])[plugin.Item, $$"""{"type":"hold","at":{{plugin.Index + 1}}}"""]));

    /// <summary>What a runtime or a distribution puts into /etc/cni/net.d by itself.</summary>
    public static string Default(string file) =>
        File.ReadAllText(Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "tests", "Data", "net.d", file)));

    private static string List(string version, IEnumerable<string> plugins) =>
        $$"""{"cniVersion":"{{version}}","name":"pods","plugins":[{{string.Join(',', plugins)}}]}""";
}
