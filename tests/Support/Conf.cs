namespace CniPlugins.Tests.Support;

/// <summary>Network configurations as an operator would write them, each with the few keys a test is about.</summary>
internal static class Conf
{
    public const string DefaultRoutes = """[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]""";

    /// <summary>A bridge network; <paramref name="more"/> is the rest of the object's members.</summary>
    public static string Bridge(string more = "", string version = "1.0.0", string name = "net1", string bridge = "br0") =>
        $$"""{"cniVersion":"{{version}}","name":"{{name}}","type":"bridge","bridge":"{{bridge}}"{{(more.Length == 0 ? "" : ",")}}{{more}}}""";

    /// <summary>A point-to-point network; <paramref name="more"/> is the rest of the object's members.</summary>
    public static string Ptp(string more = "", string version = "1.0.0", string name = "net1") =>
        $$"""{"cniVersion":"{{version}}","name":"{{name}}","type":"ptp"{{(more.Length == 0 ? "" : ",")}}{{more}}}""";

    /// <summary>The ipam member: host-local with a directory of the test's own; a range set for each subnet.</summary>
    public static string HostLocal(Sandbox host, string routes = "[]", params string[] subnets) =>
        $$""" "ipam":{"type":"host-local","dataDir":"{{LeaseDirectory(host)}}","ranges":[{{string.Join(',', subnets.Select(s => $$"""[{"subnet":"{{s}}"}]"""))}}],"routes":{{routes}}}""";

    /// <summary>The ipam member for both families, 10.1.0.0/24 and fd00:1::/64.</summary>
    public static string DualStack(Sandbox host, string routes = DefaultRoutes) => HostLocal(host, routes, "10.1.0.0/24", "fd00:1::/64");

    /// <summary>A gateway for both families: what most networks look like.</summary>
    public static string Typical(Sandbox host, string version = "1.0.0") => Bridge($"\"isGateway\":true,{DualStack(host)}", version);

    public static string LeaseDirectory(Sandbox host) => Path.Combine(host.Directory, "ipam");

    /// <summary>The addresses reserved for a network, sorted.</summary>
    public static string[] Leases(Sandbox host, string network = "net1")
    {
        var directory = Path.Combine(LeaseDirectory(host), network);
        return Directory.Exists(directory)
            ? [.. Directory.GetFiles(directory).Select(file => Path.GetFileName(file)).Where(file => System.Net.IPAddress.TryParse(file, out _)).Order()]
            : [];
    }
}
