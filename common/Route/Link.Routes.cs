using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

internal sealed partial class Link
{
    /// <summary>ip route del ROUTE dev NAME; false when it is gone already.</summary>
    public bool DeleteRoute(RouteSpec route)
    {
        try
        {
            _socket.Netlink.Execute(route.Request(stackalloc byte[RouteSocket.RequestSize], RTM.DELROUTE, 0, Index), $"delete route {route} dev {Name}");
            return true;
        }
        catch (NetlinkException e) when (e.Errno is Errno.ESRCH or Errno.ENODEV)
        {
            return false;
        }
    }

    /// <summary>ip route get ADDRESS oif NAME: whether what is sent to the address is for this host.</summary>
    public bool Receives(IpAddress address) => _socket.FindRoute(address, this) is { Type: (byte)RTN.LOCAL };
}
