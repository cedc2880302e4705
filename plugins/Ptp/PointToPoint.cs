using CniPlugins.Cni;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Ptp;

/// <summary>How both ends of a veth find each other without a subnet between them: all that a pod sends goes to its gateway, the host's end.</summary>
internal static class PointToPoint
{
    // An address plugin may name no gateway. These need not be anybody's: they are never routed and mean the other end of this veth only.
    private static readonly IpAddress AnyGateway4 = IpAddress.Parse("169.254.1.1");
    private static readonly IpAddress AnyGateway6 = IpAddress.Parse("fe80::1");

    /// <summary>The pod's addresses, each with the gateway that the host's end will be.</summary>
    public static IReadOnlyList<IpConfig> WithGateways(IEnumerable<IpConfig> ips, int podInterface) =>
    [
        .. ips.Select(ip => ip with
        {
            Interface = podInterface,
            Gateway = ip.Gateway ?? (ip.Address.Address.IsV6 ? AnyGateway6 : AnyGateway4),
        }),
    ];

    /// <summary>
    /// The addresses as the pod's interface has them: one whose gateway is nobody's stands alone. Its subnet may be a block (Calico's), of which the first and
    /// the last address are pods' too, and a pod that had the prefix would take them for its network's and broadcast address.
    /// </summary>
    public static IReadOnlyList<IpConfig> InPod(IEnumerable<IpConfig> ips) =>
        [.. ips.Select(ip => ip.Gateway == AnyGateway4 || ip.Gateway == AnyGateway6 ? ip with { Address = Cidr.Host(ip.Address.Address) } : ip)];

    /// <summary>
    /// In the pod: ip route add GATEWAY dev eth0 scope link src ADDRESS; ip route add SUBNET via GATEWAY src ADDRESS, in the place of the route by which
    /// neighbours would be asked for on the link.
    /// </summary>
    public static IReadOnlyList<RouteSpec> RoutesInPod(IReadOnlyList<IpConfig> ips) =>
    [
        .. ips.DistinctBy(ip => ip.Gateway)
            .Select(ip => new RouteSpec(Cidr.Host(ip.Gateway!.Value)) { Scope = RouteSpec.LinkScope, PreferredSource = ip.Address.Address }),
        .. ips.Where(ip => ip.Address.PrefixLength < ip.Address.Address.Bits).DistinctBy(ip => ip.Address.Network)
            .Select(ip => new RouteSpec(ip.Address.Network) { Gateway = ip.Gateway, PreferredSource = ip.Address.Address }),
    ];

    /// <summary>
    /// On the host: ip addr add GATEWAY/32 dev vethX; ip link set dev vethX up; ip route add ADDRESS/32 dev vethX scope host. A gateway that is nobody's has scope
    /// host and the route scope link: so the host speaks to the pod from an address of its own, as with Calico, which gives that end none.
    /// </summary>
    public static void JoinHost(RouteSocket host, Link outer, IReadOnlyList<IpConfig> ips)
    {
        var batch = host.Batch();
        foreach (var gateway in ips.Select(ip => ip.Gateway!.Value).Distinct())
        {
            batch.AddAddress(
                outer, Cidr.Host(gateway), gateway.IsV6 ? AddressFlags.NoDad : AddressFlags.None, $"failed to add IP addr ({Cidr.Host(gateway)}) to veth",
                gateway == AnyGateway4 ? RouteSpec.HostScope : (byte)0);
        }

        batch.SetUp(outer, $"failed to set \"{outer}\" up");
        foreach (var ip in ips.DistinctBy(ip => ip.Address.Address))
        {
            var scope = ip.Gateway == AnyGateway4 ? RouteSpec.LinkScope : RouteSpec.HostScope;
            batch.AddRoute(outer, new RouteSpec(Cidr.Host(ip.Address.Address)) { Scope = scope }, "failed to add route on host");
        }

        batch.Commit();
    }
}
