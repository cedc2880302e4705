using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Route;

namespace CniPlugins.Bridge;

/// <summary>Plugs a pod into a bridge on the host, which can also be its gateway.</summary>
internal sealed class BridgePlugin : Plugin<BridgeConfig>
{
    protected override BridgeConfig Read(Request request) => BridgeConfig.Read(request);

    protected override CniResult Add(AddRequest request, BridgeConfig config)
    {
        Unsupported.Refuse(config);
        using var netns = PodNetns.Open(request.Netns);
        using var host = RouteSocket.OpenHere();
        using var pod = RouteSocket.OpenIn(netns);
        PodPort.RequireFree(pod, request.IfName);
        using var undo = new Undo();

        var hasIpam = request.Conf.IpamType.Length > 0;
        var leased = hasIpam ? undo.Guard(request.Ipam.Add(), _ => request.Ipam.Del()) : new CniResult();
        if (hasIpam && leased.Ips.Count == 0)
            throw new CniException("IPAM plugin returned missing IP config");

        var gateways = new Gateways(config, leased);
        var bridge = BridgeDevice.Ensure(host, config);
        var port = undo.Guard(PodPort.Create(host, netns, bridge, request, config), created => created.Outer.Delete());
        PortVlans.Apply(host, port.Outer, config);
        var inner = pod.RequireLink(request.IfName.Value);
        if (hasIpam)
        {
            InterfaceSetup.Prepare(netns, inner.Name, leased.Ips, config.EnableDad);
            InterfaceSetup.Apply(pod, inner, leased with { Ips = gateways.Ips, Routes = gateways.Routes }, config.EnableDad);
        }
        else if (!config.DisableContainerInterface)
        {
            inner.SetUp();
        }

        var gatewayPort = bridge.TakeGateways(gateways);
        var outer = config.DisableContainerInterface ? port.Outer : port.AwaitUp();
        var result = new CniResult
        {
            Interfaces =
            [
                Describe(bridge.Link.Refresh() ?? bridge.Link),
                Describe(outer),
                Describe(inner) with { Sandbox = request.Netns },
                .. gatewayPort is null ? [] : new[] { Describe(gatewayPort) },
            ],
            Ips = gateways.Ips,
            Routes = gateways.Routes,
            Dns = config.Dns.IsEmpty ? leased.Dns : config.Dns,
        };
        undo.Commit();
        return result;
    }

    protected override void Del(DelRequest request, BridgeConfig config)
    {
        Unsupported.Mention(config);
        var teardown = new Teardown();
        teardown.Try(() => PodPort.Remove(request));
        if (request.Conf.IpamType.Length > 0)
            teardown.Try(request.Ipam.Del);
        teardown.ThrowIfFailed();
    }

    protected override void Check(CheckRequest request, BridgeConfig config)
    {
        using var netns = PodNetns.Open(request.Netns);
        if (request.Conf.IpamType.Length > 0)
            request.Ipam.Check();
        var expected = request.Conf.PreviousResult() ?? throw new CniException("Required prevResult missing");
        using var host = RouteSocket.OpenHere();
        using var pod = RouteSocket.OpenIn(netns);
        new BridgeCheck(request, config, expected).Run(host, pod);
    }

    protected override void Gc(GcRequest request, BridgeConfig config)
    {
        var started = BootClock.Nanoseconds;
        var teardown = new Teardown();
        teardown.Try(() => PodPort.Collect(request, started));
        if (request.Conf.IpamType.Length > 0)
            teardown.Try(request.Ipam.Gc);
        teardown.ThrowIfFailed();
    }

    protected override void Status(StatusRequest request, BridgeConfig config)
    {
        BridgeDevice.RequireUsable(config);
        if (request.Conf.IpamType.Length > 0)
            request.Ipam.Status();
    }

    private static Interface Describe(Link link) => new(link.Name, link.Mac?.ToString() ?? "");
}
