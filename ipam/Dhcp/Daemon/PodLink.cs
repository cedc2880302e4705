using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary>The interface that a lease is for: known by its namespace and number, since names and paths are used again.</summary>
/// <remarks>Nothing of it is held open: a namespace whose pod has ended would live on.</remarks>
internal sealed record PodLink(string Netns, FileIdentity Namespace, int Index)
{
    /// <summary>Whether the namespace is still at its path.</summary>
    public bool HasNamespace => FileIdentity.Of(Netns) == Namespace;

    /// <summary>Looks a pod's interface up, and sets it up if it is down; throws in upstream's words.</summary>
    public static PodLink Find(string path, IfName name)
    {
        using var netns = Linux.Netns.Open(path);
        using var pod = RouteSocket.OpenIn(netns);
        var link = pod.FindLink(name.Value) ?? throw new CniException($"error looking up \"{name}\": Link not found");
        if (link.Mac is null)
            throw new CniException($"\"{name}\" has no hardware address of six bytes, which DHCP needs");
        if (!link.IsUp)
            link.SetUp();
        return new PodLink(path, FileIdentity.Of(netns.Handle), link.Index);
    }

    /// <summary>Does something with the interface, inside its namespace; throws <see cref="PodGoneException"/> when either is no more.</summary>
    public T Run<T>(Func<RouteSocket, Link, T> inside)
    {
        using var netns = Linux.Netns.Find(Netns);
        if (netns is null || FileIdentity.Of(netns.Handle) != Namespace)
            throw new PodGoneException($"namespace {Netns} is gone");
        return netns.Run(() =>
        {
            using var pod = RouteSocket.OpenHere();
            return inside(pod, pod.FindLink(Index) ?? throw new PodGoneException($"the interface in {Netns} is gone"));
        });
    }
}
