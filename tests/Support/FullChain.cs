namespace CniPlugins.Tests.Support;

/// <summary>A node's whole chain, with all state in the test's own directory: two networks of it share every directory and every table.</summary>
internal static class FullChain
{
    /// <summary>Rates with bursts, as a runtime hands them on.</summary>
    public const string Limits = """{"ingressRate":100000000,"ingressBurst":8000000,"egressRate":100000000,"egressBurst":8000000}""";

    /// <summary>A bridge with every check, or a routed pod, and everything that is chained; addresses of both families.</summary>
    /// <param name="number">Makes the network's addresses its own: 10.NUMBER.0.0/16, with so many addresses as the prefix leaves.</param>
    public static string Of(Sandbox host, string network, string main, int number, int prefix = 16) =>
        $$"""
        {"cniVersion":"1.1.0","name":"{{network}}","plugins":[
          {{{Connector(network, main)}},"ipMasq":true,"ipam":{"type":"host-local","dataDir":"{{Conf.LeaseDirectory(host)}}",
            "ranges":[[{"subnet":"10.{{number}}.0.0/{{prefix}}"}],[{"subnet":"fd00:{{number}}::/64"}]],"routes":{{Conf.DefaultRoutes}} } },
          {"type":"portmap","capabilities":{"portMappings":true} },
          {"type":"bandwidth","capabilities":{"bandwidth":true} },
          {"type":"firewall"},
          {"type":"tuning","dataDir":"{{BackupDirectory(host)}}","sysctl":{"net.core.somaxconn":"513"},"mtu":1400}]}
        """;

    public static string BackupDirectory(Sandbox host) => Path.Combine(host.Directory, "tuning");

    /// <summary>One port of tcp, which leads to 80.</summary>
    public static string Port(int hostPort) => $$"""[{"hostPort":{{hostPort}},"containerPort":80,"protocol":"tcp"}]""";

    /// <summary>A runtime's data for all chained plugins, as CAP_ARGS has it.</summary>
    public static string Capabilities(int hostPort) => $$"""{"portMappings":{{Port(hostPort)}},"bandwidth":{{Limits}} }""";

    private static string Connector(string network, string main) =>
        main == "bridge" ? $$""" "type":"bridge","bridge":"br-{{network}}","isGateway":true,"hairpinMode":true,"macspoofchk":true""" : $"\"type\":\"{main}\"";
}
