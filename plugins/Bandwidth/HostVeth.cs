using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Route;

namespace CniPlugins.Bandwidth;

/// <summary>The host's end of the pod's veth: where the pod's traffic can be made to wait.</summary>
internal static class HostVeth
{
    /// <summary>Finds it by the pod's end, and in the result of the plugins before; failures in upstream's words (plugins/meta/bandwidth/main.go).</summary>
    public static Link Find(RouteSocket host, AttachmentRequest request, string netnsPath, CniResult previous)
    {
        if (previous.Interfaces.Count == 0)
            throw new CniException("no interfaces provided", "prevResult names none: which link should be limited?");
        var inner = FindInPod(request, netnsPath);
        var index = inner.PeerIndex ?? 0;

        // Between other namespaces the same index may be somebody else's.
        if (host.FindLink(index) is not { Kind: "veth" } outer || outer.PeerIndex != inner.Index)
            throw new CniException($"veth peer with index {index} is not in host ns", $"the other end of {request.IfName} is in another namespace");
        return previous.Interfaces.Any(link => link.Sandbox.Length == 0 && link.Name == outer.Name)
            ? outer
            : throw new CniException("no veth peer of container interface found in host ns", $"{outer} is not in prevResult");
    }

    private static Link FindInPod(AttachmentRequest request, string path)
    {
        using var netns = PodNetns.Open(path);
        using var pod = RouteSocket.OpenIn(netns);
        var name = request.IfName.Value;
        var link = pod.FindLink(name)
            ?? throw new CniException($"container interface {name} has no veth peer: could not look up \"{name}\": Link not found", nameof(Errno.ENODEV));
        return link.Kind == "veth" ? link : throw new CniException(
            $"container interface {name} has no veth peer: interface \"{name}\" was not a veth interface",
            $"it is a {(link.Kind.Length == 0 ? "device without a kind" : link.Kind)}; only what passes the host by a veth (bridge, ptp) can be limited");
    }
}
