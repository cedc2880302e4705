using static CniPlugins.Bench.Configurations;

namespace CniPlugins.Bench;

/// <summary>The chains that are measured, each with a network of its own.</summary>
internal static class Chains
{
    private static readonly string[] FullFloor = ["lease", "bridge", "masq", "ports", "limits"];

    /// <summary>One start of a process, nothing else.</summary>
    public static Chain Version { get; } = new("VERSION", 0, ["start"], Bridge()) { Verbs = ["VERSION"] };

    /// <summary>Everything that a pod usually has; throughput is measured with it.</summary>
    public static Chain Whole { get; } = Full("bridge + ipMasq + portmap, 2 tcp + bandwidth", 9);

    public static IReadOnlyList<Chain> All { get; } =
    [
        new("loopback", 1, ["loopback"], Loopback()),
        new("ptp", 2, ["lease", "ptp"], Ptp()),
        new("host-device", 18, [], HostDevice()),
        new("bridge", 3, ["lease", "bridge"], Bridge()),
        new("bridge, dual stack, gateway", 4, [], Bridge(DefaultGateway, secondRange: """{"subnet":"fd04::/64"}""")),
        new("bridge + ipMasq", 5, ["lease", "bridge", "masq"], Bridge(Masquerade)),
        new("bridge + portmap, 2 tcp", 6, ["lease", "bridge", "ports"], Bridge(Gateway), Portmap()),
        new("bridge + portmap, tcp and udp", 7, [], Bridge(Gateway), Portmap("udp")),
        new("bridge + bandwidth", 8, ["lease", "bridge", "limits"], Bridge(Gateway), Bandwidth()),
        Whole,
        new("nftables: bridge + ipMasq", 10, ["lease", "bridge", "masq"], NftBridge()),
        new("nftables: bridge + portmap, 2 tcp", 11, ["lease", "bridge", "ports"], Bridge(Gateway), NftPortmap()),
        new($"nftables: {Whole.Name}", 12, FullFloor, NftBridge(), NftPortmap(), Bandwidth()),
    ];

    /// <summary>host-local beside reservations of others.</summary>
    public static Series Held { get; } = new Reservations(new("host-local", 13, ["lease"], HostLocal()), [0, 1_000, 40_000]);

    /// <summary>Our calico-ipam on files, an empty block and one of whose 64 addresses 50 are held: its place is beside host-local.</summary>
    public static Series Blocks { get; } = Same(new("calico-ipam on files", 14, [], CalicoIpam()), "held", [0, 50]);

    /// <summary>Hosts that get fuller; each series begins on empty ones.</summary>
    public static IReadOnlyList<Series> Growth { get; } =
    [
        new Attachments(
            Full("full chain", 15), "mappings", [0, 1_000, 10_000],
            new("a hundred ports", 16, ["lease", "bridge", "ports"], Bridge(Gateway), Portmap()) { Ports = new(15_000, 100) }, Each: 100),
        Same(Full("full chain", 17), "pods", [1, 100, 1_000]),
    ];

    private static Chain Full(string name, int network) => new(name, network, FullFloor, Bridge(Masquerade), Portmap(), Bandwidth());

    private static Attachments Same(Chain chain, string what, IReadOnlyList<int> levels) => new(chain, what, levels, chain, Each: 1);
}
