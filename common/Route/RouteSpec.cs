using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>A route to add: ip route add DESTINATION [via …] dev … proto boot [metric …] [scope …] [table …] [src …] [onlink].</summary>
/// <remarks>Compared by value; what is null is left to the kernel, or is what upstream sends without being told.</remarks>
internal sealed record RouteSpec(Cidr Destination)
{
    public const uint MainTable = (uint)RT_TABLE.MAIN;

    /// <summary>Where the destination is anywhere, behind gateways.</summary>
    public const byte UniverseScope = (byte)RT_SCOPE.UNIVERSE;

    /// <summary>Where the destination is on the link itself.</summary>
    public const byte LinkScope = (byte)RT_SCOPE.LINK;

    /// <summary>Where the destination is on this host.</summary>
    public const byte HostScope = (byte)RT_SCOPE.HOST;

    public IpAddress? Gateway { get; init; }

    /// <summary>0 universe (and what null means), 253 link, 254 host.</summary>
    public byte? Scope { get; init; }

    /// <summary>The metric.</summary>
    public uint? Priority { get; init; }

    /// <summary>Null is the main table.</summary>
    public uint? Table { get; init; }

    /// <summary>Believe that the gateway is on the link although no address says so.</summary>
    public bool OnLink { get; init; }

    public IpAddress? PreferredSource { get; init; }

    public uint? Mtu { get; init; }

    public uint? AdvMss { get; init; }

    /// <summary>Who is said to have made it (2 the kernel, 4 an administrator …); null is boot.</summary>
    public byte? Protocol { get; init; }

    /// <summary>Only if there is no route to that destination with that metric: <c>ip route add</c> instead of <c>append</c>.</summary>
    public bool IsExclusive { get; init; }

    /// <summary>As ip route prints it.</summary>
    public override string ToString() =>
        (Destination.PrefixLength == 0 ? "default" : $"{Destination}") + (Gateway is { } gateway ? $" via {gateway}" : "");

    /// <summary>RTM_NEWROUTE with CREATE alone: a second gateway may join (ECMP), the very same route is EEXIST.</summary>
    internal NetlinkMessage AddRequest(Span<byte> buffer, int linkIndex) =>
        Request(buffer, RTM.NEWROUTE, IsExclusive ? NLM_F.CREATE | NLM_F.EXCL : NLM_F.CREATE, linkIndex);

    /// <summary>The request to add, replace or delete (RTM_DELROUTE) it.</summary>
    internal NetlinkMessage Request(Span<byte> buffer, RTM type, NLM_F flags, int linkIndex)
    {
        var table = Table ?? MainTable;
        var message = NetlinkMessage.Create(buffer, type, flags, new rtmsg
        {
            rtm_family = (byte)Destination.Address.Family(),
            rtm_dst_len = (byte)Destination.PrefixLength,
            rtm_table = table <= byte.MaxValue ? (byte)table : (byte)RT_TABLE.UNSPEC,
            rtm_protocol = type == RTM.DELROUTE ? RTPROT.UNSPEC : (RTPROT?)Protocol ?? RTPROT.BOOT, // whoever made what is to be deleted
            rtm_scope = (RT_SCOPE?)Scope ?? RT_SCOPE.UNIVERSE,
            rtm_type = RTN.UNICAST,
            rtm_flags = OnLink ? RTNH_F.ONLINK : 0,
        });
        var route = message.Attributes<RTA>();
        if (Destination.PrefixLength > 0)
            route.Put(RTA.DST, Destination.Address);
        route.Put(RTA.OIF, linkIndex);
        if (Gateway is { } gateway)
            route.Put(RTA.GATEWAY, gateway);
        if (PreferredSource is { } source)
            route.Put(RTA.PREFSRC, source);
        if (Priority is { } priority)
            route.Put(RTA.PRIORITY, priority);
        if (table > byte.MaxValue)
            route.Put(RTA.TABLE, table);
        WriteMetrics(route);
        return message;
    }

    private void WriteMetrics(Attributes<RTA> route)
    {
        if (Mtu is null && AdvMss is null)
            return;
        using var metrics = route.Nest<RTAX>(RTA.METRICS);
        if (Mtu is { } mtu)
            metrics.Put(RTAX.MTU, mtu);
        if (AdvMss is { } advMss)
            metrics.Put(RTAX.ADVMSS, advMss);
    }
}
