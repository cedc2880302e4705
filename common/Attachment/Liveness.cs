using System.Diagnostics;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Attachment;

/// <summary>Whether anything lives of an attachment that has left something on the host.</summary>
/// <remarks>
/// The path of its namespace alone says neither: it may be in another mount namespace (rootless runtimes, systemd units
/// with private mounts), or lead to a new namespace of the same name. So the kernel is asked: for the address in the
/// namespace, and for a link on the host that bears the attachment's name and has its other end. The kernel takes the links
/// of a namespace that has gone by a worker (cleanup_net), which a busy machine runs late: whoever seems to live is asked again.
/// </remarks>
internal static class Liveness
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Whether an attachment with this address is gone; one that does not say where it lives is not.</summary>
    public static bool IsGone(OwnerMark? owner, string netns, IpAddress address) =>
        netns.Length > 0 && !IsInside(netns, address) && (owner is null || Becomes(() => !HasLink(owner)));

    /// <summary>
    /// Whether a container is gone of which nobody knows where it lived: no link of the host bears its name, and where
    /// links bear none (the reference plugins'), no namespace that is to be seen has its address.
    /// </summary>
    public static bool IsGone(string containerId, IpAddress address) => Becomes(() => IsGoneNow(containerId, address));

    private static bool IsGoneNow(string containerId, IpAddress address)
    {
        using var host = RouteSocket.OpenHere();
        var unnamed = 0;
        foreach (var link in host.Links("veth").Where(link => link.PeerIndex is not (null or 0)))
        {
            if (OwnerMark.Read(link.Alias) is not { } owner)
                unnamed++;
            else if (owner.IsOf(containerId))
                return false;
        }

        return unnamed == 0 || !NetnsDirectory.Paths().Any(path => IsInside(path, address, by => IsUnnamed(host, by)));
    }

    /// <summary>Whether a link of the host is an attachment's, as its alias says, and leads somewhere still.</summary>
    public static bool IsLinkOf(Link link, string ownerHash) =>
        link.Alias.StartsWith(ownerHash, StringComparison.Ordinal) && link.PeerIndex is not (null or 0);

    private static bool Becomes(Func<bool> gone)
    {
        var started = Stopwatch.GetTimestamp();
        while (!gone())
        {
            if (Stopwatch.GetElapsedTime(started) > Patience)
                return false;
            Sleep.For(TimeSpan.FromMilliseconds(20));
        }

        return true;
    }

    private static bool HasLink(OwnerMark owner)
    {
        using var host = RouteSocket.OpenHere();
        return host.Links("veth").Any(link => IsLinkOf(link, owner.Hash));
    }

    /// <summary>Whether the link at the other end of a pod's is one that says nothing of its owner.</summary>
    private static bool IsUnnamed(RouteSocket host, Link inner) =>
        inner.PeerIndex is { } index && host.FindLink(index) is { } outer && OwnerMark.Read(outer.Alias) is null;

    /// <summary>ip -n NETNS addr show: a namespace that cannot be reached may have it.</summary>
    private static bool IsInside(string path, IpAddress address, Func<Link, bool>? by = null)
    {
        try
        {
            using var netns = Netns.Find(path);
            if (netns is null)
                return false;
            using var pod = RouteSocket.OpenIn(netns);
            return pod.Links().Any(link =>
                link.Addresses().Any(found => found.Address.Address == address) && (by is null || by(link)));
        }
        catch (NetnsException e)
        {
            return e.Errno is not Errno.None;
        }
    }
}
