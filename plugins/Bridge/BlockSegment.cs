using CniPlugins.Cni;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Bridge;

/// <summary>A bridge without gateway, with addresses out of Calico's blocks, of which the first and the last are pods' as well.</summary>
/// <remarks>
/// A pod that has 10.1.0.5/26 takes 10.1.0.63 for a broadcast address and never reaches the pod that has it. So it gets the address alone, and a route to the block on
/// the link; the result has the block's prefix length, as calico-ipam answered it.
/// </remarks>
internal static class BlockSegment
{
    public static bool IsOne(Request request, BridgeConfig config) => request.Conf.IpamType == "calico-ipam" && !config.IsGateway;

    /// <summary>The addresses as the pod's interface has them.</summary>
    public static IReadOnlyList<IpConfig> Alone(IEnumerable<IpConfig> ips) => [.. ips.Select(ip => ip with { Address = Cidr.Host(ip.Address.Address) })];

    /// <summary>In the pod: ip route add BLOCK dev eth0 scope link src ADDRESS.</summary>
    public static IReadOnlyList<RouteSpec> Routes(IEnumerable<IpConfig> ips) =>
    [
        .. ips.Where(ip => ip.Address.PrefixLength < ip.Address.Address.Bits).DistinctBy(ip => ip.Address.Network)
            .Select(ip => new RouteSpec(ip.Address.Network) { Scope = RouteSpec.LinkScope, PreferredSource = ip.Address.Address }),
    ];
}
