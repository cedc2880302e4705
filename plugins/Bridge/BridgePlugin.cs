using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Route;
using NftSocket = CniPlugins.Nftables.NftSocket;

namespace CniPlugins.Bridge;

/// <summary>Plugs a pod into a bridge on the host, which can also be its gateway.</summary>
internal sealed class BridgePlugin : Plugin<BridgeConfig>
{
    public override PluginRole Role => PluginRole.Main;

    public override void Declare(OptionReader options) => BridgeConfig.Read(options);

    protected override BridgeConfig Read(Request request) => OptionReader.Load(request, BridgeConfig.Read);

    protected override CniResult Add(AddRequest request, BridgeConfig config)
    {
        using var netns = PodNetns.Open(request.Netns);
        using var host = RouteSocket.OpenHere();
        using var pod = RouteSocket.OpenIn(netns);
        PodVeth.RequireFree(pod, request.IfName);
        using var undo = new Undo();

        var hasIpam = request.Conf.IpamType.Length > 0;
        var early = AddressLease.Early(request, undo);
        var bridge = BridgeDevice.Ensure(host, config);
        var port = undo.Guard(PodVeth.Create(host, netns, request, Wishes(config, bridge)), created => created.Delete());
        PortVlans.Apply(host, port, config, config.VlanTrunk ?? []);
        var inner = pod.RequireLink(request.IfName.Value);
        if (config.MacSpoofCheck)
            undo.Guard(MacSpoofGuard.Add(request, port, inner), elements => MacSpoofGuard.Remove(request, elements));
        if (config.EnableDad)
            port.SetUp(); // whoever has the address already is to be heard
        var leased = AddressLease.On(request, undo, early, port, inner);
        var gateways = new Gateways(config, leased);
        if (hasIpam)
        {
            InterfaceSetup.Prepare(netns, pod, inner, leased.Ips, config.EnableDad);
            using var detection = config.EnableDad ? AddressMonitor.OpenIn(netns) : null;
            var segment = BlockSegment.IsOne(request, config);
            InterfaceSetup.Apply(
                pod, inner, leased with { Ips = segment ? BlockSegment.Alone(gateways.Ips) : gateways.Ips, Routes = gateways.Routes }, detection, announce: true,
                segment ? BlockSegment.Routes(gateways.Ips) : null);
        }
        else if (!config.DisableContainerInterface)
        {
            inner.SetUp();
        }

        var gatewayPort = bridge.TakeGateways(gateways);
        if (hasIpam && config.Masquerade is { } masquerade)
            undo.Guard(masquerade.Add(request, gateways.Ips), added => Masquerade.Remove(request, added));
        var bridgeLink = bridge.Link.Refresh() ?? bridge.Link;
        port.SetUp();
        var outer = config.DisableContainerInterface ? port : PodVeth.AwaitUp(port, inner, "bridge port in error state");
        if (hasIpam)
            InterfaceSetup.Announce(inner);
        if (!config.EnableDad)
        {
            InterfaceSetup.AwaitReceiving(inner, gateways.Ips.Select(ip => ip.Address.Address));
            InterfaceSetup.AwaitReceiving(gatewayPort ?? bridgeLink, gateways.OnBridge.Select(gateway => gateway.Address));
        }

        var result = new CniResult
        {
            Interfaces =
            [
                Describe(bridgeLink),
                Describe(outer),
                Describe(inner) with { Sandbox = request.Netns },
                .. gatewayPort is null ? [] : new[] { Describe(gatewayPort) },
            ],
            Ips = gateways.Ips,
            Routes = gateways.Routes,
            Dns = config.Dns.OrElse(leased.Dns),
        };
        undo.Commit();
        return result;
    }

    /// <summary>Whatever the configuration says by now: options are switched off while pods live.</summary>
    protected override void Del(DelRequest request, BridgeConfig config)
    {
        var teardown = new Teardown();
        using var nft = teardown.TryOpen(NftSocket.FindHere);
        teardown.Try(() => Masquerade.Remove(nft, request));
        if (nft is not null)
            teardown.Try(() => MacSpoofGuard.Remove(nft, request));
        AddressLease.GiveBack(request, teardown, () => PodVeth.Remove(request, teardown));
        teardown.ThrowIfFailed();
    }

    protected override void Check(CheckRequest request, BridgeConfig config)
    {
        using var netns = PodNetns.Open(request.Netns);
        AskIpam(request, request.Ipam.Check);
        var expected = request.Conf.PreviousResult() ?? throw new CniException("Required prevResult missing");
        using var host = RouteSocket.OpenHere();
        using var pod = RouteSocket.OpenIn(netns);
        var (outer, inner) = new BridgeCheck(request, config, expected).Run(host, pod);
        if (config.MacSpoofCheck)
            MacSpoofGuard.Check(request, outer, inner);
        if (request.Conf.IpamType.Length > 0)
            config.Masquerade?.Check(request, expected);
    }

    protected override void Repair(CheckRequest request, BridgeConfig config)
    {
        using var netns = PodNetns.Open(request.Netns);
        using var host = RouteSocket.OpenHere();
        using var pod = RouteSocket.OpenIn(netns);
        var expected = request.Conf.PreviousResult() ?? throw new CniException("Required prevResult missing");
        BridgeDevice.Ensure(host, config).TakeGateways(new Gateways(config, new CniResult { Ips = [.. expected.IpsOf(request.IfName)] }));
        var (outer, inner) = new BridgeCheck(request, config, expected).Run(host, pod);
        if (config.MacSpoofCheck)
            MacSpoofGuard.Add(request.AsAdd(), outer, inner);
        if (request.Conf.IpamType.Length > 0)
            config.Masquerade?.Add(request.AsAdd(), [.. expected.IpsOf(request.IfName)]);
    }

    protected override void Gc(GcRequest request, BridgeConfig config)
    {
        var garbage = new Garbage(request);
        var teardown = new Teardown();
        teardown.Try(() => Masquerade.Collect(request, garbage));
        teardown.Try(() => MacSpoofGuard.Collect(garbage));
        AddressLease.Collect(request, teardown, () => PodVeth.Collect(garbage));
        teardown.ThrowIfFailed();
    }

    protected override void Status(StatusRequest request, BridgeConfig config)
    {
        BridgeDevice.RequireUsable(config);
        config.Masquerade?.RequireUsable();
        if (config.MacSpoofCheck)
            MacSpoofGuard.RequireUsable();
        AskIpam(request, request.Ipam.Status);
    }

    /// <summary>Asks the address plugin, if the network has one: a segment without addresses is a network too.</summary>
    private static void AskIpam(Request request, Action ask)
    {
        if (request.Conf.IpamType.Length > 0)
            ask();
    }

    private static PodVethWishes Wishes(BridgeConfig config, BridgeDevice bridge) => new()
    {
        Mtu = config.Mtu,
        Mac = config.Mac,
        Bridge = bridge.Link,
        Port = new BridgePort(config.Ports == BridgePorts.Hairpin, config.PortIsolation),
    };

    private static Interface Describe(Link link) => new(link.Name, link.Mac?.ToString() ?? "");
}
