using CniPlugins.Linux;
using CniPlugins.Route;

namespace CniPlugins.Attachment;

/// <summary>What a host's link towards pods must not believe.</summary>
internal static class Hardening
{
    /// <summary>
    /// No router of a pod's choice (CVE-2020-10749) and no redirects: sysctl -w net.ipv6.conf.NAME.accept_ra=0 and the like. A kernel without IPv6 has no
    /// such settings, and takes neither. What the link says of itself spares the writing: three files are a tenth of a bridge's ADD on a host of many pods,
    /// for the kernel keeps all namespaces' /proc/sys/net in one list.
    /// </summary>
    public static void Apply(Link link)
    {
        if (!link.AcceptsRouters && !link.AcceptsRedirects)
            return;
        _ = Sysctl.TryWrite($"net/ipv6/conf/{link}/accept_ra", "0");
        _ = Sysctl.TryWrite($"net/ipv6/conf/{link}/accept_redirects", "0");
        _ = Sysctl.TryWrite($"net/ipv4/conf/{link}/accept_redirects", "0");
    }
}
