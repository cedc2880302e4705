using CniPlugins.Cni;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Attachment;

/// <summary>CHECK: whether the kernel still holds what ADD promised; failures in upstream's words (pkg/ip/utils_linux.go).</summary>
internal static class Expect
{
    /// <summary>ip addr show dev NAME, and a way to each address's network.</summary>
    public static void Addresses(RouteSocket pod, Link link, IReadOnlyList<IpConfig> ips, IReadOnlyList<RouteInfo> routes)
    {
        var addresses = link.Addresses();
        foreach (var ip in ips)
        {
            if (!addresses.Any(address => address.Address == ip.Address))
                throw new CniException($"Failed to match addr {ip.Address} on interface {link}");

            // The address itself brings this route, unless it is a network of its own.
            if (ip.Address.PrefixLength < ip.Address.Address.Bits && !Has(pod, routes, null, route => route.Destination == ip.Address.Network))
                throw new CniException($"Failed to find Gateway {ip.Gateway} for interface {link}", $"no route to {ip.Address.Network}");
        }
    }

    /// <summary>ip route show: of a default route any will do, others must go to the gateway that was asked for; each in its own table.</summary>
    public static void Routes(RouteSocket pod, IReadOnlyList<RouteConfig> expected, IReadOnlyList<RouteInfo> main)
    {
        foreach (var route in expected)
        {
            var destination = route.Destination.Network;
            if (!Has(pod, main, route.Table, found => found.Destination == destination
                && (destination.PrefixLength == 0 || route.Gateway is null || found.Gateway == route.Gateway)))
            {
                throw new CniException(
                    $"Expected Route {{Dst:{destination} GW:{route.Gateway} MTU:{route.Mtu} AdvMSS:{route.AdvMss} Priority:{route.Priority}}} not found in routing table");
            }
        }
    }

    /// <summary>
    /// Whether a route is in its table. One of the main table may have been moved on purpose: to an address's own by sbr, to a VRF's by vrf, which come
    /// later in a chain.
    /// </summary>
    private static bool Has(RouteSocket pod, IReadOnlyList<RouteInfo> main, int? table, Func<RouteInfo, bool> condition) =>
        table is { } other and not (0 or (int)RouteSpec.MainTable)
            ? pod.Routes((uint)other).Any(condition)
            : main.Any(condition) || pod.Routes(table: null).Any(route => !route.IsLocal && condition(route));

    /// <summary>The pod's interface of a result: it has the requested name and is in the requested namespace.</summary>
    public static Interface PodInterface(CheckRequest request, CniResult result)
    {
        var named = result.Interfaces.Where(link => link.Name == request.IfName.Value && link.Sandbox.Length > 0).ToList();
        return named.FirstOrDefault(link => link.Sandbox == request.Netns)
            ?? throw new CniException($"Sandbox in prevResult {named.FirstOrDefault()?.Sandbox} doesn't match configured netns: {request.Netns}");
    }

    /// <summary>ip link show dev NAME: its mtu; 0 was not asked for.</summary>
    public static void Mtu(Link link, int mtu)
    {
        if (mtu != 0 && link.Mtu != mtu)
            throw new CniException($"Error: configured MTU of {link} is {mtu}, current value is {link.Mtu}");
    }

    /// <summary>Whether a link has the hardware address that a result promises; a result may promise none.</summary>
    public static bool HasMac(Link link, Interface promised) =>
        promised.Mac.Length == 0 || (MacAddress.TryParse(promised.Mac, out var mac) && link.Mac == mac);
}
