namespace CniPlugins.Cnitool.Topology.Drawing;

/// <summary>The attachments of a host in the groups that a person sees: by what joins them to the host, the dead and the ownerless apart.</summary>
internal sealed record PodGroup(GroupKind Kind, string Title, IReadOnlyList<PodAttachment> Pods)
{
    /// <summary>The bridge that joins them.</summary>
    public HostDevice? Bridge { get; private init; }

    /// <summary>Bridges, then pods with routes of their own, those on a device of the host's, other kinds of links, remains without a link, and what is in the cache alone.</summary>
    public static IReadOnlyList<PodGroup> Of(HostTopology topology)
    {
        var there = topology.Drawn.Where(pod => pod.State is not AttachmentState.Gone).ToList();
        var groups = topology.Bridges
            .Select(bridge => new PodGroup(GroupKind.Bridge, $"bridge {bridge.Name}", [.. there.Where(pod => pod.Bridge == bridge.Name)]) { Bridge = bridge }).ToList();
        var rest = there.Where(pod => pod.Bridge.Length == 0).ToList();
        groups.Add(new(GroupKind.Routed, "routed, without a bridge", [.. rest.Where(pod => pod.HostInterface.Length > 0)]));
        groups.AddRange(rest.Where(pod => pod.Master.Length > 0).GroupBy(pod => pod.Master)
            .Select(group => new PodGroup(GroupKind.Device, $"device {group.Key}", [.. group])));
        groups.AddRange(rest.Where(pod => pod is { HostInterface: "", Master: "", State: not AttachmentState.Leaked }).GroupBy(pod => pod.Plugin)
            .Select(group => new PodGroup(GroupKind.Other, group.Key.Length > 0 ? $"{group.Key}, without a veth" : "without a link on the host", [.. group])));
        groups.Add(new(GroupKind.Remains, "leaked rules: in the kernel, but their pod is in no cache", [.. rest.Where(pod => pod.HostInterface.Length == 0 && pod.State is AttachmentState.Leaked)]));
        groups.Add(new(GroupKind.Gone, "dead: in the cache, but not in the kernel", [.. topology.Drawn.Where(pod => pod.State is AttachmentState.Gone)]));
        return [.. groups.Where(group => group.Pods.Count > 0 || group.Bridge is not null)];
    }
}

/// <summary>What joins a group's pods to the host.</summary>
internal enum GroupKind
{
    Bridge,
    Routed,
    Device,
    Other,
    Remains,
    Gone,
}
