using System.Diagnostics;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Attachment;

/// <summary>Gives a pod's interface what IPAM decided: settings, addresses, up, routes (upstream's ConfigureIface, pkg/ipam/ipam_linux.go).</summary>
internal static class InterfaceSetup
{
    private static readonly TimeSpan DadLimit = TimeSpan.FromSeconds(5);

    /// <summary>
    /// sysctl -w net.ipv6.conf.NAME.accept_ra=0 and autoconf=0, in the pod: who gets its addresses from an address plugin is not to get more, nor a
    /// default route, from whoever on the link says that it is a router. Before the link is up.
    /// </summary>
    public static void IgnoreRouters(Netns netns, Link link) => netns.Run(() =>
    {
        using var v6 = SysctlDirectory.Open($"net/ipv6/conf/{link}");
        _ = v6.TryWrite("accept_ra", "0");
        _ = v6.TryWrite("autoconf", "0");
    });

    /// <summary>
    /// The settings inside the pod that have to stand before the first address: no duplicate address detection on a link nobody else is on (unless asked
    /// for), IPv6 switched on if it is needed, neighbours told of IPv6 addresses if they are to be. What a kernel does not have is left out.
    /// </summary>
    public static void Prepare(
        Netns netns, RouteSocket pod, Link link, IReadOnlyList<IpConfig> ips, bool detectDuplicates = false)
    {
        Link[] speakers = ips.Any(ip => ip.Address.Address.IsV6) ? [.. new[] { pod.FindLink("lo") }.OfType<Link>(), link] : [];
        netns.Run(() =>
        {
            using var v6 = SysctlDirectory.Open("net/ipv6/conf");
            if (detectDuplicates)
                _ = v6.TryWrite($"{link}/enhanced_dad", "1");
            _ = v6.TryWrite($"{link}/accept_dad", detectDuplicates ? "1" : "0");
            foreach (var speaker in speakers)
                EnableV6(v6, speaker);

            if (speakers.Length > 0)
                _ = v6.TryWrite($"{link}/ndisc_notify", "1");

            // Without it the addresses are gone when the link goes down for a moment.
            if (speakers.Length > 0 && v6.TryWrite($"{link}/keep_addr_on_down", "1") is var failure and not (Errno.None or Errno.ENOENT))
                throw new LibcException(failure, $"failed to enable keep_addr_on_down for interface \"{link}\"");
        });
    }

    /// <summary>Addresses, then up, then routes; throws in upstream's words for the first that the kernel refuses.</summary>
    /// <param name="pod">The pod's namespace.</param>
    /// <param name="link">The pod's interface.</param>
    /// <param name="result">Addresses and routes.</param>
    /// <param name="detection">Hears when it is known that nobody else on the link has the IPv6 addresses; null where nobody can.</param>
    /// <param name="announce">Whether neighbours are told of IPv4 addresses when the link comes up.</param>
    /// <param name="ownRoutes">Routes before the others, in the place of those to their subnets that addresses bring by themselves.</param>
    public static void Apply(
        RouteSocket pod, Link link, CniResult result, AddressMonitor? detection = null, bool announce = false,
        IReadOnlyList<RouteSpec>? ownRoutes = null)
    {
        var batch = pod.Batch();
        if (announce)
            batch.Configure(link, new LinkChange { ArpNotify = true });
        foreach (var ip in result.Ips)
        {
            var flags = ip.Address.Address.IsV6 && detection is null ? AddressFlags.NoDad : AddressFlags.None;
            if (ownRoutes is not null)
                flags |= AddressFlags.NoPrefixRoute;
            batch.AddAddress(link, ip.Address, flags, $"failed to add IP addr {ip.Address} to \"{link}\"");
        }

        batch.SetUp(link, $"failed to set \"{link}\" UP");
        if (detection is not null)
        {
            batch.Commit();
            AwaitDetection(link, detection);
        }

        foreach (var route in ownRoutes ?? [])
            batch.AddRoute(link, route, $"failed to add route {route}");
        foreach (var route in result.Routes)
        {
            var gateway = route.Gateway ?? FirstGateway(result.Ips, route.Destination.Address.IsV6);
            batch.AddRoute(link, Spec(route, gateway), $"failed to add route '{Describe(route, gateway, link)}'");
        }

        batch.Commit();
    }

    /// <summary>
    /// Waits, a moment at most, until IPv6 addresses without duplicate address detection take what is sent to them: a worker of the kernel's joins the group
    /// by which neighbours ask for them and makes their local routes, and a busy machine runs it late. Who asks before that asks again a second later.
    /// </summary>
    public static void AwaitReceiving(Link link, IEnumerable<IpAddress> addresses)
    {
        foreach (var address in addresses.Where(address => address.IsV6))
        {
            foreach (var milliseconds in (ReadOnlySpan<double>)[0.1, 0.5, 1, 2, 5, 10, 20, 50, 100, 200])
            {
                if (link.Receives(address))
                    break;
                Sleep.For(TimeSpan.FromMilliseconds(milliseconds));
            }
        }
    }

    /// <summary>ip link set dev NAME address SAME: the kernel tells the neighbours of its addresses (arp_notify, ndisc_notify).</summary>
    /// <remarks>
    /// It does so when a link comes up as well, but the pod's comes up before the host's end, and nobody hears it. Neighbours that knew another pod by the address
    /// would go on sending to that one's hardware address, for half a minute and more.
    /// </remarks>
    public static void Announce(Link link)
    {
        if (link.Mac is { } mac)
            link.SetMac(mac);
    }

    /// <summary>Waits until no address is tentative any more; throws for one that somebody else on the link has.</summary>
    public static void AwaitDetection(Link link, AddressMonitor detection)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var addresses = link.Addresses(IpFamily.V6);
            if (addresses.FirstOrDefault(address => address.IsDadFailed) is { } taken)
            {
                throw new CniException(
                    $"failed to settle addresses for \"{link}\": link {link} has address {taken.Address.Address} in DADFAILED state",
                    "another host on this network has the address");
            }

            if (!addresses.Any(address => address.IsTentative))
                return;
            if (DadLimit - Stopwatch.GetElapsedTime(started) is var left && (left <= TimeSpan.Zero || !detection.Wait(left)))
            {
                throw new CniException(
                    $"failed to settle addresses for \"{link}\": link {link} still has tentative addresses after {DadLimit.TotalSeconds:0} seconds",
                    "nobody can be asked on a link without a carrier: ip link show");
            }
        }
    }

    private static void EnableV6(SysctlDirectory v6, Link link)
    {
        if (link.IsV6Disabled is not { } disabled)
            StandardError.WriteLine($"failed to read net/ipv6/conf/{link}/disable_ipv6: this kernel may lack IPv6");
        else if (disabled && v6.TryWrite($"{link}/disable_ipv6", "0") is var errno and not Errno.None)
            throw new LibcException(errno, $"failed to enable IPv6 for interface \"{link}\" (net/ipv6/conf/{link}/disable_ipv6=1)");
    }

    private static IpAddress? FirstGateway(IReadOnlyList<IpConfig> ips, bool isV6) =>
        ips.FirstOrDefault(ip => ip.Gateway is { } gateway && gateway.IsV6 == isV6)?.Gateway;

    private static RouteSpec Spec(RouteConfig route, IpAddress? gateway) => new(route.Destination.Network)
    {
        Gateway = gateway,
        Mtu = route.Mtu == 0 ? null : (uint)route.Mtu,
        AdvMss = route.AdvMss == 0 ? null : (uint)route.AdvMss,
        Priority = route.Priority == 0 ? null : (uint)route.Priority,
        Scope = route.Scope is { } scope ? (byte)scope : null,
        Table = route.Table is { } table ? (uint)table : null,
    };

    /// <summary>The route as Go's netlink library prints it.</summary>
    private static string Describe(RouteConfig route, IpAddress? gateway, Link link)
    {
        var destination = route.Destination.Network;
        var mask = destination.Address.IsV6 ? destination.Mask.ToString("x32") : ((uint)destination.Mask).ToString("x8");
        var via = gateway is { } hop ? $" via {hop}" : "";
        return $"{{{destination.Address} {mask}}}{via} dev {link} metric {route.Priority} (Scope: {ScopeName(route.Scope ?? 0)}, Table: {route.Table ?? 0})";
    }

    private static string ScopeName(int scope) => scope switch
    {
        0 => "universe",
        200 => "site",
        253 => "link",
        254 => "host",
        255 => "nowhere",
        _ => "unknown",
    };
}
