using CniPlugins.Cni;

namespace CniPlugins.Portmap;

/// <summary>Upstream's iptables chains (portmap.md 3): CNI-HOSTPORT-DNAT, CNI-DN-…</summary>
internal sealed class IptablesPorts : IPortBackend
{
    public PodPorts Add(PodPorts pod) => throw NotYet();

    public void Check(PodPorts pod) => throw NotYet();

    public void Remove(PodPorts pod) { }

    public void Collect(GcRequest request) { }

    public void RequireUsable() => throw NotYet();

    private static CniException NotYet() => new(CniErrorCode.InvalidNetworkConfig, "the iptables backend is not supported by this version");
}
