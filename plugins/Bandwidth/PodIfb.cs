using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Digest;
using CniPlugins.Linux;
using CniPlugins.Route;

namespace CniPlugins.Bandwidth;

/// <summary>The link on the host where what a pod sends waits: its name, and whose it is.</summary>
internal static class PodIfb
{
    private const string Prefix = "bwp";
    private const int HashLength = 12;

    /// <summary>One for a container in a network, whatever its interface is called: bwpca7a875c2b85 (bandwidth.md 3).</summary>
    public static string Name(string network, string containerId) => Prefix + Sha512.Hex(network + containerId)[..HashLength];

    /// <summary>Whether a link looks like one of these, ours or upstream's.</summary>
    public static bool Is(Link link) =>
        link.Kind == IfbSpec.KindName && link.Name.Length == Prefix.Length + HashLength && link.Name.StartsWith(Prefix, StringComparison.Ordinal)
        && !link.Name.AsSpan(Prefix.Length).ContainsAnyExcept("0123456789abcdef");

    /// <summary>Whether a link of that name may be used and taken away by this attachment: another interface of the same container may have it.</summary>
    public static bool Belongs(Link link, Owner owner) => Is(link) && (!Owner.IsAlias(link.Alias) || owner.Owns(link.Alias));

    /// <summary>ip link del bwpX; needs neither limits nor namespace nor result. Its qdisc goes with it, and what is on the veth goes with the veth.</summary>
    public static void Remove(DelRequest request)
    {
        using var host = RouteSocket.OpenHere();
        if (host.FindLink(Name(request.Network, request.ContainerId.Value)) is not { } link)
            return;
        if (Belongs(link, Owner.Of(request)))
            link.Delete();
        else
            StandardError.WriteLine($"{request.Conf.Type}: {link} belongs to another attachment ({link.Alias}) and stays");
    }
}
