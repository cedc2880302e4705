using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

internal sealed partial class RouteSocket
{
    /// <summary>ip route show table TABLE, of both families.</summary>
    public IReadOnlyList<RouteInfo> Routes(uint? table = RouteSpec.MainTable) => [.. Routes(IpFamily.V4, table), .. Routes(IpFamily.V6, table)];

    /// <summary>ip -4|-6 route show table TABLE; null is every table. A route with several next hops is listed once for each.</summary>
    public IReadOnlyList<RouteInfo> Routes(IpFamily family, uint? table = RouteSpec.MainTable)
    {
        var message = NetlinkMessage.Create(
            stackalloc byte[RequestSize], RTM.GETROUTE, 0, new rtmsg { rtm_family = (byte)family });

        // Only a kernel with strict checking filters by it, and one without IPv6 answers for every family: filter once more.
        if (table is { } wanted)
            message.Attributes<RTA>().Put(RTA.TABLE, wanted);
        try
        {
            var routes = Netlink.Dump<RouteInfo>(message, "list routes", RouteInfo.Read);
            routes.RemoveAll(route => route.Destination.Address.Family() != family || (table is { } only && route.Table != only));
            return routes;
        }
        catch (NetlinkException e) when (table is not null && e.Errno is Errno.ENOENT)
        {
            return []; // A table exists from its first route on; until then even the main one may be unknown.
        }
    }

    /// <summary>ip route get ADDRESS [oif NAME]: the way a packet of the host's own would take; null when there is none.</summary>
    public RouteInfo? FindRoute(IpAddress address, Link? link = null)
    {
        var message = NetlinkMessage.Create(
            stackalloc byte[RequestSize], RTM.GETROUTE, 0, new rtmsg { rtm_family = (byte)address.Family(), rtm_dst_len = (byte)address.Bits });
        var attributes = message.Attributes<RTA>();
        attributes.Put(RTA.DST, address);
        if (link is not null)
            attributes.Put(RTA.OIF, link.Index);
        try
        {
            return Netlink.Find(message, $"find route to {address}", Read, absent: Errno.ENETUNREACH);
        }
        catch (NetlinkException e) when (e.Errno is Errno.EHOSTUNREACH or Errno.EACCES or Errno.EINVAL)
        {
            return null; // unreachable, prohibit, blackhole: routes that lead nowhere
        }
    }

    /// <summary>ip route show table local type local: what the host takes to be its own addresses.</summary>
    public IReadOnlyList<RouteInfo> LocalAddresses(bool isV6) =>
        [.. Routes(isV6 ? IpFamily.V6 : IpFamily.V4, (uint)RT_TABLE.LOCAL).Where(route => route.Type == (byte)RTN.LOCAL)];

    private static RouteInfo Read(NetlinkReply reply)
    {
        var routes = new List<RouteInfo>();
        RouteInfo.Read(reply, routes);
        return routes.Count > 0 ? routes[0] : throw NetlinkException.Malformed("read route: no destination");
    }
}
