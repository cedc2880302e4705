using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Net;

namespace CniPlugins.Portmap;

/// <summary>A port of the host that leads to a container in another form than elements of our table.</summary>
/// <param name="Release">Takes it away, with all that the container has in this form on the network.</param>
internal sealed record HeldPort(PortMapping Mapping, string Network, string ContainerId, IpAddress LeadsTo, string Form, Action Release)
{
    /// <summary>Whether it is met before another's: its packets never come to that one.</summary>
    public bool Precedes(PortMapping other) => Mapping.HostPort == other.HostPort && Mapping.Protocol == other.Protocol
        && (Mapping.Address is null || Mapping.Address == other.Address);

    /// <summary>Whether its container is gone (<see cref="Liveness"/>).</summary>
    public bool IsGone => Liveness.IsGone(ContainerId, LeadsTo);

    /// <summary>Refuses a port to another container.</summary>
    public CniException Taken() => new(
        $"host port {Mapping} is taken by container {ContainerId}{(Network.Length > 0 ? $" of network {Network}" : "")} ({Form})",
        "give this pod another hostPort, or DEL the other attachment first");
}
