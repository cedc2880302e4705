using CniPlugins.Linux;
using CniPlugins.Route;

namespace CniPlugins.Attachment;

/// <summary>The host's forwarding between its interfaces, per family; shared, so it is switched on and never off.</summary>
internal static class Forwarding
{
    /// <summary>sysctl -w net.ipv4.ip_forward=1, or net.ipv6.conf.all.forwarding=1, unless it is so already.</summary>
    public static void Ensure(RouteSocket host, bool isV6)
    {
        if (IsOn(host, isV6 ? IpFamily.V6 : IpFamily.V4))
            return;
        if (isV6)
            KeepRouters(host);
        Sysctl.Write(isV6 ? "net/ipv6/conf/all/forwarding" : "net/ipv4/ip_forward", "1");
    }

    /// <summary>sysctl net.ipv4.ip_forward, or net.ipv6.conf.all.forwarding.</summary>
    public static bool IsOn(RouteSocket host, IpFamily family) => host.FindNetConf(family) is { Forwarding: true };

    /// <summary>sysctl -w net.ipv6.conf.UPLINK.accept_ra=2, where a router has announced a route and 1 is set.</summary>
    /// <remarks>
    /// A host that begins to forward is a router to the kernel: it forgets the default routes that other routers announced and listens to none any more, unless a
    /// link says 2 (rt6_purge_dflt_routers in net/ipv6/route.c; Documentation/networking/ip-sysctl.rst).
    /// </remarks>
    private static void KeepRouters(RouteSocket host)
    {
        var uplinks = host.Routes(IpFamily.V6).Where(route => route.IsAnnounced).Select(route => route.LinkIndex).OfType<int>().Distinct();
        foreach (var link in uplinks.Select(host.FindLink).OfType<Link>())
        {
            var setting = $"net/ipv6/conf/{link}/accept_ra";
            if (Sysctl.Read(setting) != "1")
                continue;
            StandardError.WriteLine(
                Sysctl.TryWrite(setting, "2") is var errno and not Errno.None
                    ? $"{link} may lose its IPv6 default route now that the host forwards: {Sysctl.Describe(setting)}=2 cannot be set ({errno})"
                    : $"{link} keeps its IPv6 default route although the host forwards now: {Sysctl.Describe(setting)} is 2");
        }
    }
}
