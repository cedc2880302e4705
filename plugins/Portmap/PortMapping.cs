using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Portmap;

/// <summary>A port of the host that leads to one of the pod's: <c>8080/tcp</c>, <c>192.0.2.1:8080/tcp</c>, <c>[2001:db8::1]:8080/tcp</c>.</summary>
internal sealed record PortMapping(ushort HostPort, ushort ContainerPort, Protocol Protocol)
{
    /// <summary>hostIP as configured; null when absent. <c>0.0.0.0</c> and <c>::</c> are any address, but of their family only.</summary>
    public IpAddress? HostIp { get; init; }

    /// <summary>The host address to insist on; null when any will do.</summary>
    public IpAddress? Address => HostIp is { } address && address.Value != 0 ? address : null;

    /// <summary>Whether it is for this family: one without hostIP is for both.</summary>
    public bool Serves(bool isV6) => HostIp is not { } address || address.IsV6 == isV6;

    /// <summary>Whether both claim the same port of the same address in some family; an address goes before any, so those two get along.</summary>
    public bool Collides(PortMapping other) =>
        HostPort == other.HostPort && Protocol == other.Protocol && Address == other.Address
        && ((Serves(false) && other.Serves(false)) || (Serves(true) && other.Serves(true)));

    /// <summary>Whether it serves every family that another does.</summary>
    public bool Covers(PortMapping other) => (Serves(false) || !other.Serves(false)) && (Serves(true) || !other.Serves(true));

    public override string ToString() =>
        (Address is not { } address ? "" : address.IsV6 ? $"[{address}]:" : $"{address}:") + $"{HostPort}/{Protocol.Word()}";
}
