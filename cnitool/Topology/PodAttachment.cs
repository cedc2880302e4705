using CniPlugins.Net;

namespace CniPlugins.Cnitool.Topology;

/// <summary>One interface of one container on one network; all three names are empty when nobody says whose it is.</summary>
internal sealed record PodAttachment(string Network, string ContainerId, string IfName)
{
    private const int ShortIdLength = 12;

    public AttachmentState State { get; init; }

    /// <summary>The path of its namespace; empty when unknown.</summary>
    public string Netns { get; init; } = "";

    /// <summary>The plugin that made the interface (bridge, ptp, macvlan …); empty when unknown.</summary>
    public string Plugin { get; init; } = "";

    /// <summary>What Kubernetes calls the pod, as <c>namespace/name</c>; empty when nobody said so.</summary>
    public string PodName { get; init; } = "";

    /// <summary>Its veth's end on the host; empty when it has none.</summary>
    public string HostInterface { get; init; } = "";

    /// <summary>What the host calls the device that was moved into it; empty when none was.</summary>
    public string Device { get; init; } = "";

    /// <summary>The bridge that its veth is a port of; empty when of none.</summary>
    public string Bridge { get; init; } = "";

    /// <summary>The host's device that its interface stands on (macvlan, ipvlan, vlan), and that device's own if it has one: <c>eth0.5 on eth0</c>.</summary>
    public string Master { get; init; } = "";

    /// <summary>What its interface is, where it is no veth: <c>macvlan bridge</c>, <c>vlan 7 on eth0</c> (a device in the pod), <c>tap</c>.</summary>
    public string Layer { get; init; } = "";

    /// <summary>The VRF or bridge in the pod that it is a port of, with its table: <c>vrf blue (table 1001)</c>.</summary>
    public string InnerMaster { get; init; } = "";

    public IReadOnlyList<Cidr> Addresses { get; init; } = [];

    public IReadOnlyList<IpAddress> Gateways { get; init; } = [];

    /// <summary>Routes of the host to it, where no bridge leads there.</summary>
    public IReadOnlyList<Cidr> HostRoutes { get; init; } = [];

    public IReadOnlyList<PortForward> Ports { get; init; } = [];

    /// <summary>The limit of what reaches it.</summary>
    public RateLimit? Ingress { get; init; }

    /// <summary>The limit of what it sends.</summary>
    public RateLimit? Egress { get; init; }

    /// <summary>By what its packets get the host's address on their way out: nftables, upstream-nftables, iptables; empty when they keep their own.</summary>
    public string Masquerade { get; init; } = "";

    /// <summary>Where kernel and cache disagree.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    public bool IsLoopback => Plugin == "loopback";

    /// <summary>What a person calls it: the pod's name, the namespace's, or the beginning of the container's ID.</summary>
    public string Name =>
        PodName.Length > 0 ? PodName
        : NamedNetns is { Length: > 0 } name ? name
        : ContainerId.Length > 0 ? ShortId
        : HostInterface.Length > 0 ? $"{HostInterface}'s other end"
        : "unknown";

    /// <summary>The container's ID as container runtimes list it.</summary>
    public string ShortId => ContainerId.Length > ShortIdLength && ContainerId.All(char.IsAsciiHexDigit) ? ContainerId[..ShortIdLength] : ContainerId;

    /// <summary>The namespace's name for <c>ip netns</c>, unless a runtime made it up (<c>cni-UUID</c>).</summary>
    private string NamedNetns =>
        Path.GetDirectoryName(Netns) is "/run/netns" or "/var/run/netns" && !Path.GetFileName(Netns).StartsWith("cni-", StringComparison.Ordinal) ? Path.GetFileName(Netns) : "";
}

/// <summary>Whether kernel and cache agree on an attachment.</summary>
internal enum AttachmentState
{
    /// <summary>Both know it.</summary>
    Attached,

    /// <summary>In a cache, but not in the kernel: its pod is dead, and nobody ran DEL.</summary>
    Gone,

    /// <summary>In the kernel, but in no cache: left behind, or made by a runtime whose cache was not read.</summary>
    Leaked,

    /// <summary>In a cache; the kernel could not be asked.</summary>
    Unread,
}
