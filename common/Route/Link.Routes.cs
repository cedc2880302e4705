using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

internal sealed partial class Link
{
    /// <summary>ip route append ROUTE dev NAME; EEXIST when exactly this route is there.</summary>
    public void AddRoute(RouteSpec route) => _socket.Batch().AddRoute(this, route).Commit();

    /// <summary>ip route get ADDRESS oif NAME: whether what is sent to the address is for this host.</summary>
    public bool Receives(IpAddress address) => _socket.FindRoute(address, this) is { Type: (byte)RTN.LOCAL };

    /// <summary>ip route del ROUTE dev NAME; false when there is none.</summary>
    public bool DeleteRoute(RouteSpec route)
    {
        var message = route.DeleteRequest(stackalloc byte[RouteSocket.RequestSize], Index);
        try
        {
            _socket.Netlink.Execute(message, $"delete route {route} dev {Name}");
            return true;
        }
        catch (NetlinkException e) when (e.Errno is Errno.ESRCH or Errno.ENODEV)
        {
            return false;
        }
    }
}
