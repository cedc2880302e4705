using CniPlugins.Conntrack;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Nftables;
using CniPlugins.Route;

namespace CniPlugins.Portmap;

/// <summary>
/// The kernel's memory of where UDP clients were led: a client that keeps sending is led there as long as it sends, whatever the rules say by now. (TCP clients
/// connect anew.)
/// </summary>
internal static class UdpFlows
{
    /// <summary>
    /// conntrack -D -p udp --orig-port-dst PORT [--orig-dst HOSTIP], for each UDP mapping; not the flows that merely pass through the host to that port.
    /// Without hostIP that is every address of the host. A failure is worth a line in the log (as upstream's) and not the pod.
    /// </summary>
    public static void Forget(PodPorts pod)
    {
        if (!pod.Config.PortMappings.Any(mapping => mapping.Protocol == Protocol.Udp))
            return;
        try
        {
            using var conntrack = ConntrackSocket.OpenHere();
            using var host = RouteSocket.OpenHere();
            foreach (var isV6 in new[] { false, true })
            {
                if (pod.Addresses.Count == 0 || pod.Addresses.Any(address => address.Address.IsV6 == isV6))
                    Forget(conntrack, host, pod, isV6);
            }
        }
        catch (Exception e) when (e is IErrnoException)
        {
            StandardError.WriteLine($"failed to delete stale UDP conntrack entries: {e.Message}");
        }
    }

    private static void Forget(ConntrackSocket conntrack, RouteSocket host, PodPorts pod, bool isV6)
    {
        IReadOnlyList<RouteInfo>? local = null;
        foreach (var mapping in pod.Mappings(isV6).Where(mapping => mapping.Protocol == Protocol.Udp))
        {
            foreach (var flow in conntrack.FlowsTo(isV6, (byte)mapping.Protocol, mapping.HostPort))
            {
                if (mapping.Address is { } address ? flow.Destination == address : IsOfHost(flow.Destination))
                    conntrack.Delete(flow);
            }
        }

        bool IsOfHost(IpAddress destination) =>
            (local ??= host.LocalAddresses(isV6)).Any(route => route.Destination.Contains(destination));
    }
}
