using CniPlugins.Cni;

namespace CniPlugins.Portmap;

internal sealed class NftPorts : IPortBackend
{
    public PodPorts Add(PodPorts pod) => pod;
    public void Check(PodPorts pod) { }
    public void Remove(PodPorts pod) { }
    public void Collect(GcRequest request) { }
    public void RequireUsable() { }
}
