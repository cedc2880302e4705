using CniPlugins.Net;

namespace CniPlugins.Cnitool.Topology;

/// <summary>A port of the host that leads to one of a pod's.</summary>
/// <param name="Protocol">tcp, udp, sctp.</param>
internal sealed record PortForward(int HostPort, string Protocol, int ContainerPort)
{
    /// <summary>The one address of the host it is for; null is any.</summary>
    public IpAddress? HostIp { get; init; }

    /// <summary>What in the kernel does it: nftables, upstream-nftables, iptables; empty when nothing was found.</summary>
    public string Backend { get; init; } = "";

    /// <summary><c>8080/tcp → 80</c>, <c>192.0.2.1:8080/tcp → 80</c></summary>
    public override string ToString() => $"{From} → {ContainerPort}";

    /// <summary><c>8080/tcp</c>, <c>[2001:db8::1]:8080/tcp</c></summary>
    public string From => (HostIp is not { } address ? "" : address.IsV6 ? $"[{address}]:" : $"{address}:") + $"{HostPort}/{Protocol}";

    /// <summary>Whether both are the same port of the host.</summary>
    public bool IsSamePort(PortForward other) => (HostPort, Protocol, HostIp) == (other.HostPort, other.Protocol, other.HostIp);
}
