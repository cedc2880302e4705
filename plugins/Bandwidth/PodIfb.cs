using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Route;

namespace CniPlugins.Bandwidth;

/// <summary>The link on the host where what a pod sends waits: whose it is.</summary>
internal static class PodIfb
{
    /// <summary>Whether a link of that name may be used and taken away by this attachment: another interface of the same container may have it.</summary>
    public static bool Belongs(Link link, Owner owner) => PodIfbName.IsOn(link) && (OwnerMark.Read(link.Alias) is null || owner.Owns(link.Alias));

    /// <summary>ip link del bwpX; needs neither limits nor namespace nor result. Its qdisc goes with it, and what is on the veth goes with the veth.</summary>
    public static void Remove(DelRequest request)
    {
        using var host = RouteSocket.OpenHere();
        if (host.FindLink(PodIfbName.Of(request.Network, request.ContainerId.Value)) is not { } link)
            return;
        if (Belongs(link, Owner.Of(request)))
            link.Delete();
        else
            StandardError.WriteLine($"{request.Conf.Type}: {link} belongs to another attachment ({link.Alias}) and stays");
    }
}
