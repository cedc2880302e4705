using CniPlugins.Net;

namespace CniPlugins.Cnitool.Topology;

/// <summary>A link of the host's own: an uplink or a bridge.</summary>
internal sealed record HostDevice(string Name)
{
    public bool IsUp { get; init; } = true;

    /// <summary>Its MTU in bytes.</summary>
    public long Mtu { get; init; }

    /// <summary>Its addresses, link-local ones left out.</summary>
    public IReadOnlyList<Cidr> Addresses { get; init; } = [];

    /// <summary>Where its default routes lead.</summary>
    public IReadOnlyList<IpAddress> Gateways { get; init; } = [];

    /// <summary>The networks whose pods are plugged into it.</summary>
    public IReadOnlyList<string> Networks { get; init; } = [];

    /// <summary>Ports of a bridge that are no pod's of CNI.</summary>
    public IReadOnlyList<string> OtherPorts { get; init; } = [];
}
