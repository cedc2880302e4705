using CniPlugins.Conntrack;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Nftables;
using CniPlugins.Route;
using CniPlugins.Traffic;

namespace CniPlugins.Fuzz.Targets;

/// <summary>Everything that is asked of the kernel, and a kernel that answers garbage: only <see cref="NetlinkException"/> may come of it.</summary>
internal static class NetlinkTargets
{
    private static readonly Table Table = new(Family.Inet, "t");
    private static readonly Chain Chain = new(Table, "c");
    private static readonly Set Addresses = new(Table, "a", DataType.Ipv4Addr);
    private static readonly Set Ports = new(Table, "p", DataType.InetProto, DataType.InetService) { Data = [DataType.Ipv4Addr, DataType.InetService] };
    private static readonly Set Names = new(Table, "n", DataType.IfName, DataType.EtherAddr, DataType.Ipv6Addr);

    private static readonly Action<RouteSocket>[] Route =
    [
        socket => socket.Links(),
        socket => socket.Routes(),
        socket => socket.Routes(IpFamily.V6, null),
        socket => socket.Qdiscs(),
        socket => socket.IngressFilters(1),
        socket => socket.FindLink("eth0")?.Addresses(),
        socket => socket.FindLink(1)?.Vlans(),
        socket => socket.FindLink("eth0")?.SetUp(),
        socket => socket.FindLink("eth0")?.Refresh()?.Delete(),
        socket =>
        {
            if (socket.FindLink("eth0") is not { } link)
                return;
            _ = socket.FindRoot(link);
            _ = socket.FindIngress(link);
            _ = socket.DeleteIngress(link);
        },
    ];

    private static readonly Action<NftSocket>[] Nft =
    [
        socket => socket.Generation(),
        socket => socket.Has(Table),
        socket => socket.FindChain(Table, "c"),
        socket => socket.Chains(Table),
        socket => socket.Rules(Chain),
        socket => socket.Sets(Table),
        socket => socket.Elements(Addresses),
        socket => socket.Elements(Ports),
        socket => socket.Elements(Names),
        socket => socket.Find(new Element(Addresses, new Datum(Value.Of(IpAddress.Parse("10.0.0.1")))), new Element(Addresses, new Datum(Value.Of(IpAddress.Parse("10.0.0.2"))))),
        socket => socket.Commit(new Batch().Ensure(Table).Ensure(Chain)),
        socket => socket.Commit(() => new Batch().Ensure(Table)),
    ];

    public static IReadOnlyList<Target> List { get; } =
    [
        new("route", Grammar.Netlink, "netlink", input => Run(Route, input, netlink => new RouteSocket(netlink)), typeof(NetlinkException)) { Share = 25 },
        new("nftables", Grammar.Netlink, "netlink", input => Run(Nft, input, netlink => new NftSocket(netlink)), typeof(NetlinkException)) { Share = 25 },
        new("conntrack", Grammar.Netlink, "netlink", Conntrack, typeof(NetlinkException)) { Share = 10 },
    ];

    private static void Run<T>(Action<T>[] questions, byte[] input, Func<NetlinkSocket, T> open)
        where T : IDisposable
    {
        if (input.Length == 0)
            return;
        using var socket = open(new NetlinkSocket(new GarbageKernel(input.AsMemory(1))));
        questions[input[0] % questions.Length](socket);
    }

    private static void Conntrack(byte[] input)
    {
        using var socket = new ConntrackSocket(new NetlinkSocket(new GarbageKernel(input.AsMemory(Math.Min(1, input.Length)))));
        foreach (var flow in socket.FlowsTo(isV6: false, 17, 53))
            socket.Delete(flow);
    }
}
