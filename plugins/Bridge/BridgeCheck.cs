using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Route;

namespace CniPlugins.Bridge;

/// <summary>CHECK of one attachment: bridge, both ends of the veth, addresses and routes, in upstream's order and words (plugins/main/bridge/bridge.go, cmdCheck).</summary>
internal sealed class BridgeCheck(CheckRequest request, BridgeConfig config, CniResult expected)
{
    /// <summary>Both ends of the veth, when all is as it should be.</summary>
    public (Link Outer, Link Inner) Run(RouteSocket host, RouteSocket pod)
    {
        var bridge = CheckBridge(host);
        var promised = Expect.PodInterface(request, expected);
        var inner = CheckInner(pod, promised);
        var outer = CheckOuter(host, bridge, inner);

        BridgeDevice.RequireGateways(host, bridge, config, new Gateways(config, new CniResult { Ips = [.. expected.IpsOf(request.IfName)] }));

        var routes = pod.Routes();
        var ips = expected.IpsOf(request.IfName).ToList();
        var segment = BlockSegment.IsOne(request, config);
        Expect.Addresses(pod, inner, segment ? BlockSegment.Alone(ips) : ips, routes);
        Expect.Routes(pod, segment ? [.. expected.Routes, .. ips.Select(ip => new RouteConfig(ip.Address))] : expected.Routes, routes);
        return (outer, inner);
    }

    private Link CheckBridge(RouteSocket host)
    {
        var promised = expected.Interfaces.LastOrDefault(link => link.Name == config.Bridge && link.Name.Length > 0)
            ?? throw new CniException("Interface name missing ");
        var bridge = host.FindLink(promised.Name) ?? throw new CniException($"Interface name {promised.Name} not found");
        if (promised.Sandbox.Length > 0)
            throw new CniException($"Interface {promised.Name} should not be in sandbox");
        if (bridge.Kind != "bridge")
            throw new CniException($"Interface {promised.Name} does not have link type of bridge");
        if (!Expect.HasMac(bridge, promised))
            throw new CniException($"Bridge interface {promised.Name} Mac doesn't match: {promised.Mac}", $"it is {bridge.Mac} now");
        var promiscuous = config.Ports == BridgePorts.Promiscuous;
        return bridge.IsPromiscuous == promiscuous ? bridge : throw new CniException(
            $"Bridge interface {promised.Name} configured Promisc Mode {Text(promiscuous)} doesn't match current state: {Text(bridge.IsPromiscuous)} ");
    }

    private Link CheckInner(RouteSocket pod, Interface promised)
    {
        var inner = pod.FindLink(promised.Name) ?? throw new CniException($"Cannot find container link {promised.Name}");
        if (inner.Kind != "veth")
            throw new CniException($"Error: Container interface {inner} not of type veth");
        return Expect.HasMac(inner, promised)
            ? inner
            : throw new CniException($"Interface {inner} Mac {promised.Mac} doesn't match container Mac: {inner.Mac}");
    }

    /// <summary>One of the promised host interfaces is the other end of the pod's, and a port of the bridge.</summary>
    private Link CheckOuter(RouteSocket host, Link bridge, Link inner)
    {
        foreach (var promised in expected.Interfaces.Where(link => link.Name != config.Bridge && link.Name != request.IfName.Value))
        {
            var outer = host.FindLink(promised.Name) ?? throw new CniException($"Interface name {promised.Name} not found");
            if (outer.Kind != "veth" || outer.PeerIndex != inner.Index || inner.PeerIndex != outer.Index || outer.MasterIndex != bridge.Index)
                continue;
            if (!Expect.HasMac(outer, promised))
                throw new CniException($"Interface {outer} Mac doesn't match: {promised.Mac} not found", $"it is {outer.Mac} now");
            return outer;
        }

        throw new CniException($"CNI veth created for bridge {config.Bridge} was not found");
    }

    private static string Text(bool value) => value ? "true" : "false";
}
