using CniPlugins.Linux;
using CniPlugins.Route;

namespace CniPlugins.Attachment;

/// <summary>The host's forwarding between its interfaces, per family; shared, so it is switched on and never off.</summary>
internal static class Forwarding
{
    /// <summary>sysctl -w net.ipv4.ip_forward=1, or net.ipv6.conf.all.forwarding=1, unless it is so already.</summary>
    public static void Ensure(RouteSocket host, bool isV6)
    {
        if (host.FindNetConf(isV6 ? IpFamily.V6 : IpFamily.V4) is not { Forwarding: true })
            Sysctl.Write(isV6 ? "net/ipv6/conf/all/forwarding" : "net/ipv4/ip_forward", "1");
    }
}
