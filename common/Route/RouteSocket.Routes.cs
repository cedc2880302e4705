using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
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
}
