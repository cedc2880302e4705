using CniPlugins.Linux;
using CniPlugins.Route;

namespace CniPlugins.Attachment;

/// <summary>What a host's link towards pods must not believe.</summary>
internal static class Hardening
{
    /// <summary>
    /// No router of a pod's choice (CVE-2020-10749) and no redirects: sysctl -w net.ipv6.conf.NAME.accept_ra=0 and the like. A kernel without IPv6 has no
    /// such settings, and takes neither.
    /// </summary>
    public static void Apply(Link link)
    {
        _ = Sysctl.TryWrite($"net/ipv6/conf/{link}/accept_ra", "0");
        _ = Sysctl.TryWrite($"net/ipv6/conf/{link}/accept_redirects", "0");
        _ = Sysctl.TryWrite($"net/ipv4/conf/{link}/accept_redirects", "0");
    }
}
