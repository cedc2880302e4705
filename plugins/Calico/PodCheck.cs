using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Route;

namespace CniPlugins.Calico;

/// <summary>CHECK: whether both ends of the link, the pod's addresses and the host's routes to them are as ADD left them.</summary>
internal static class PodCheck
{
    public static void Run(CheckRequest request, CniResult expected, RouteSocket host, RouteSocket pod, string hostName)
    {
        var promised = Expect.PodInterface(request, expected);
        var inner = pod.FindLink(promised.Name) ?? throw new CniException($"calico: Container Interface name in prevResult: {promised.Name} not found");
        if (!Expect.HasMac(inner, promised))
            throw new CniException($"calico: Interface {inner} Mac {promised.Mac} doesn't match container Mac: {inner.Mac}");
        Expect.Addresses(pod, inner, [.. expected.IpsOf(request.IfName)], pod.Routes());
        var outer = host.FindLink(hostName) ?? throw new CniException($"calico: host interface {hostName} not found", "recreate the pod");
        if (!outer.IsUp)
            throw new CniException($"calico: host interface {outer} is down", $"ip link set {outer} up");
        foreach (var ip in expected.IpsOf(request.IfName))
        {
            if (host.FindRoute(ip.Address.Address)?.LinkIndex != outer.Index)
                throw new CniException($"calico: no route to {ip.Address} by {outer}", $"ip route add {ip.Address} dev {outer} scope link");
        }
    }
}
