using CniPlugins.Linux;
using CniPlugins.Route;

namespace CniPlugins.Attachment;

/// <summary>What a host's link towards pods must not believe: no router of a pod's choice (CVE-2020-10749) and no redirects.</summary>
internal static class Hardening
{
    /// <summary>IPv4's part, which goes with a link's other settings: sysctl -w net.ipv4.conf.NAME.accept_redirects=0.</summary>
    public static LinkChange V4 { get; } = new() { AcceptRedirects = false };

    /// <summary>Whether a link believes anything; what it says of itself spares the writing.</summary>
    public static bool IsMissing(Link link) => link.AcceptsRouters || link.AcceptsRedirects;

    /// <summary>Both parts, for a link that needs nothing else.</summary>
    public static void Ensure(Link link)
    {
        if (!IsMissing(link))
            return;
        using var v6 = SysctlDirectory.Open($"net/ipv6/conf/{link}");
        ApplyV6(v6);
        link.Configure(V4);
    }

    /// <summary>sysctl -w net.ipv6.conf.NAME.accept_ra=0 and accept_redirects=0; a kernel without IPv6 has no such settings, and takes neither.</summary>
    public static void ApplyV6(SysctlDirectory settings)
    {
        _ = settings.TryWrite("accept_ra", "0");
        _ = settings.TryWrite("accept_redirects", "0");
    }
}
