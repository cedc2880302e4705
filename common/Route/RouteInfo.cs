using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>A route as the kernel lists it.</summary>
internal sealed record RouteInfo(Cidr Destination)
{
    public IpAddress? Gateway { get; init; }

    /// <summary>The link it leaves by; null for one that goes nowhere (blackhole).</summary>
    public int? LinkIndex { get; init; }

    public uint Table { get; init; }

    public byte Scope { get; init; }

    /// <summary>Who made it: 2 the kernel, 3 boot (and we), 4 static …</summary>
    public byte Protocol { get; init; }

    /// <summary>Whether a router on the link announced it (proto ra).</summary>
    public bool IsAnnounced => Protocol == (byte)RTPROT.RA;

    /// <summary>1 unicast, 2 local, 3 broadcast …</summary>
    public byte Type { get; init; }

    public uint Priority { get; init; }

    public IpAddress? PreferredSource { get; init; }

    /// <summary>Whether the gateway is believed to be on the link although no address says so.</summary>
    public bool OnLink { get; init; }

    public uint? Mtu { get; init; }

    public uint? AdvMss { get; init; }

    /// <summary>Whether it is one of several ways of one route.</summary>
    public bool IsOneOfSeveral { get; init; }

    /// <summary>Whether it is in the table of the namespace's own addresses.</summary>
    public bool IsLocal => Table == (uint)RT_TABLE.LOCAL;

    /// <summary>Whether the kernel made it of an address.</summary>
    public bool IsMadeByKernel => Protocol == (byte)RTPROT.KERNEL;

    /// <summary>The same route, to be made anew.</summary>
    public RouteSpec AsSpec() => new(Destination)
    {
        Gateway = Gateway,
        Scope = Scope,
        Protocol = Protocol,
        Priority = Priority == 0 ? null : Priority,
        Table = Table,
        OnLink = OnLink,
        PreferredSource = PreferredSource,
        Mtu = Mtu,
        AdvMss = AdvMss,
    };

    /// <summary>The routes in RTM_NEWROUTE: one, or one for each of its next hops.</summary>
    internal static void Read(NetlinkReply reply, List<RouteInfo> into)
    {
        var header = reply.Header<rtmsg>();
        if (header.rtm_family is not ((byte)AF.INET or (byte)AF.INET6))
            return;

        var any = header.rtm_family == (byte)AF.INET6 ? IpAddress.V6(0) : IpAddress.V4(0);
        var route = new RouteInfo(new Cidr(any, header.rtm_dst_len))
        {
            Table = header.rtm_table,
            Scope = (byte)header.rtm_scope,
            Protocol = (byte)header.rtm_protocol,
            Type = (byte)header.rtm_type,
            OnLink = header.rtm_flags.HasFlag(RTNH_F.ONLINK),
        };
        ReadOnlySpan<byte> hops = [];
        foreach (var attribute in reply.Attributes<RTA, rtmsg>())
        {
            if (attribute.Type == RTA.MULTIPATH)
                hops = attribute.Bytes;
            else
                route = route.With(attribute);
        }

        // An IPv4-mapped destination (some hosts make ::ffff:0:0/96 unreachable) became an IPv4 address with an IPv6 prefix.
        if ((byte)route.Destination.Address.Family() != header.rtm_family)
            return;
        if (hops.IsEmpty)
            into.Add(route);
        else
            route.ReadHops(hops, into);
    }

    private RouteInfo With(NetlinkAttribute<RTA> attribute) => attribute.Type switch
    {
        RTA.DST => this with { Destination = Destination with { Address = attribute.ReadAddress() } },
        RTA.OIF => this with { LinkIndex = attribute.Int32 },
        RTA.GATEWAY => this with { Gateway = attribute.ReadAddress() },
        RTA.PRIORITY => this with { Priority = attribute.UInt32 },
        RTA.PREFSRC => this with { PreferredSource = attribute.ReadAddress() },
        RTA.TABLE => this with { Table = attribute.UInt32 },
        RTA.METRICS => WithMetrics(attribute.Nested<RTAX>()),
        _ => this,
    };

    private RouteInfo WithMetrics(AttributeReader<RTAX> metrics)
    {
        var route = this;
        foreach (var metric in metrics)
        {
            route = metric.Type switch
            {
                RTAX.MTU => route with { Mtu = metric.UInt32 },
                RTAX.ADVMSS => route with { AdvMss = metric.UInt32 },
                _ => route,
            };
        }

        return route;
    }

    /// <summary>RTA_MULTIPATH: headers of their own kind, each followed by the attributes that differ from hop to hop.</summary>
    private void ReadHops(ReadOnlySpan<byte> hops, List<RouteInfo> into)
    {
        var size = Unsafe.SizeOf<rtnexthop>();
        while (hops.Length >= size)
        {
            var hop = MemoryMarshal.Read<rtnexthop>(hops);
            if (hop.rtnh_len < size || hop.rtnh_len > hops.Length)
                throw NetlinkException.Malformed($"read next hops of {Destination}: length {hop.rtnh_len} of {hops.Length}");
            var route = this with { LinkIndex = hop.rtnh_ifindex, IsOneOfSeveral = true };
            foreach (var attribute in new AttributeReader<RTA>(hops[size..hop.rtnh_len]))
                route = route.With(attribute);
            into.Add(route);
            hops = hops[Math.Min(Cursor.Align(hop.rtnh_len), hops.Length)..];
        }
    }
}
