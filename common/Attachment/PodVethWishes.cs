using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Attachment;

/// <summary>What a network wants of its veths; what is null is left to the kernel.</summary>
internal sealed record PodVethWishes
{
    /// <summary>Of both ends.</summary>
    public int? Mtu { get; init; }

    /// <summary>Of the pod's end; a random one when nobody cares.</summary>
    public MacAddress? Mac { get; init; }

    /// <summary>The bridge whose port the host end becomes.</summary>
    public Link? Bridge { get; init; }

    /// <summary>How the bridge treats that port.</summary>
    public BridgePort? Port { get; init; }

    /// <summary>
    /// Whether the host end's link-local address is to be used at once: while it is tentative the host cannot ask for the pod, and nobody reaches a pod by IPv6
    /// for a second or two.
    /// </summary>
    public bool NoDad { get; init; }
}
