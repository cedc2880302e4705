using CniPlugins.Cni;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route;

namespace CniPlugins.Portmap;

/// <summary>Lets the host reach its pods' ports by 127.0.0.1, whose packets the kernel would not let out by any other device.</summary>
internal static class Localhost
{
    /// <summary>
    /// sysctl -w net.ipv4.conf.DEVICE.route_localnet=1, for the device towards the pod; the bridge is shared, so it stays. What else the setting would let in,
    /// chain martians keeps out.
    /// </summary>
    public static void Open(PodPorts pod)
    {
        var address = pod.Addresses.FirstOrDefault(address => !address.Address.IsV6);
        if (!pod.Config.Snat || address == default)
            return;
        using var host = RouteSocket.OpenHere();
        if (host.FindRoute(address.Address)?.LinkIndex is not { } index || host.FindLink(index) is not { } link)
            return;
        if (link.RoutesLocalnet)
            return;
        try
        {
            link.Configure(new LinkChange { RouteLocalnet = true });
        }
        catch (NetlinkException e)
        {
            throw CniException.Because("unable to enable route_localnet", e);
        }
    }
}
