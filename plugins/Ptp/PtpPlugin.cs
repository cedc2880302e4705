using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Linux;
using CniPlugins.Route;
using NftSocket = CniPlugins.Nftables.NftSocket;

namespace CniPlugins.Ptp;

/// <summary>Joins a pod to the host by a veth of its own: no bridge, the host routes to each pod.</summary>
internal sealed class PtpPlugin : Plugin<PtpConfig>
{
    /// <summary>The pod's end is the second interface of the result.</summary>
    private const int PodInterface = 1;

    public override PluginRole Role => PluginRole.Main;

    public override void Declare(OptionReader options)
    {
        _ = new PtpConfig(options);
        if (CommonOptions.IpamType(options).Length == 0)
            options.Refuse("", "ptp needs addresses: there is no \"ipam\" with a \"type\"");
    }

    protected override PtpConfig Read(Request request) => OptionReader.Load(request, options => new PtpConfig(options));

    protected override CniResult Add(AddRequest request, PtpConfig config)
    {
        using var netns = PodNetns.Open(request.Netns);
        using var host = RouteSocket.OpenHere();
        using var pod = RouteSocket.OpenIn(netns);
        PodVeth.RequireFree(pod, request.IfName);
        using var undo = new Undo();

        var early = AddressLease.Early(request, undo, isRequired: true);
        var hasV6 = early?.Ips.Any(ip => ip.Address.Address.IsV6) == true;
        var outer = undo.Guard(PodVeth.Create(host, netns, request, new PodVethWishes { Mtu = config.Mtu, NoDad = hasV6 }), created => created.Delete());
        var inner = pod.RequireLink(request.IfName.Value);
        var leased = AddressLease.On(request, undo, early, outer, inner);
        var ips = PointToPoint.WithGateways(leased.Ips, PodInterface);
        EnableForwarding(host, ips);
        if (hasV6)
            InterfaceSetup.Prepare(netns, pod, inner, ips);
        InterfaceSetup.Apply(pod, inner, leased with { Ips = PointToPoint.InPod(ips) }, ownRoutes: PointToPoint.RoutesInPod(ips));
        PointToPoint.JoinHost(host, outer, ips);
        if (config.Masquerade is { } masquerade)
            undo.Guard(masquerade.Add(request, ips), added => Masquerade.Remove(request, added));

        outer = PodVeth.AwaitUp(outer, inner, "host interface in error state");
        InterfaceSetup.AwaitReceiving(inner, ips.Select(ip => ip.Address.Address));
        InterfaceSetup.AwaitReceiving(outer, ips.Select(ip => ip.Gateway!.Value).Distinct());
        undo.Commit();
        return leased with
        {
            Interfaces = [Describe(outer), Describe(inner) with { Sandbox = request.Netns }],
            Ips = ips,
            Dns = config.Dns.OrElse(leased.Dns),
        };
    }

    /// <summary>Whatever the configuration says by now: options are switched off while pods live.</summary>
    protected override void Del(DelRequest request, PtpConfig config)
    {
        var teardown = new Teardown();
        using var nft = teardown.TryOpen(NftSocket.FindHere);
        teardown.Try(() => Masquerade.Remove(nft, request));
        AddressLease.GiveBack(request, teardown, () => PodVeth.Remove(request, teardown));
        teardown.ThrowIfFailed();
    }

    protected override void Check(CheckRequest request, PtpConfig config)
    {
        using var netns = PodNetns.Open(request.Netns);
        request.Ipam.Check();
        var expected = request.Conf.PreviousResult() ?? throw new CniException("ptp: Required prevResult missing");
        var promised = Expect.PodInterface(request, expected);
        using var pod = RouteSocket.OpenIn(netns);
        var inner = pod.FindLink(promised.Name)
            ?? throw new CniException($"ptp: Container Interface name in prevResult: {promised.Name} not found");
        if (inner.Kind != "veth")
            throw new CniException($"Error: Container interface {inner} not of type veth/p2p");
        if (!Expect.HasMac(inner, promised))
            throw new CniException($"ptp: Interface {inner} Mac {promised.Mac} doesn't match container Mac: {inner.Mac}");

        var routes = pod.Routes();
        Expect.Addresses(pod, inner, PointToPoint.InPod(expected.IpsOf(request.IfName)), routes);
        Expect.Routes(pod, expected.Routes, routes);
        using var host = RouteSocket.OpenHere();
        foreach (var family in expected.IpsOf(request.IfName).Select(ip => ip.Address.Address.Family()).Distinct())
        {
            if (!Forwarding.IsOn(host, family))
                throw new CniException($"ptp: the host does not forward {family.Word()} any more", "cnitool repair, or the next ADD, switches it on");
        }

        config.Masquerade?.Check(request, expected);
    }

    protected override void Repair(CheckRequest request, PtpConfig config)
    {
        var expected = request.Conf.PreviousResult() ?? throw new CniException("ptp: Required prevResult missing");
        using var host = RouteSocket.OpenHere();
        EnableForwarding(host, [.. expected.IpsOf(request.IfName)]);
        _ = config.Masquerade?.Add(request.AsAdd(), [.. expected.IpsOf(request.IfName)]);
    }

    protected override void Gc(GcRequest request, PtpConfig config)
    {
        var garbage = new Garbage(request);
        var teardown = new Teardown();
        teardown.Try(() => Masquerade.Collect(request, garbage));
        AddressLease.Collect(request, teardown, () => PodVeth.Collect(garbage));
        teardown.ThrowIfFailed();
    }

    protected override void Status(StatusRequest request, PtpConfig config)
    {
        config.Masquerade?.RequireUsable();
        request.Ipam.Status();
    }

    private static void EnableForwarding(RouteSocket host, IReadOnlyList<IpConfig> ips)
    {
        foreach (var isV6 in ips.Select(ip => ip.Address.Address.IsV6).Distinct())
        {
            try
            {
                Forwarding.Ensure(host, isV6);
            }
            catch (LibcException e)
            {
                throw CniException.Because("Could not enable IP forwarding", e);
            }
        }
    }

    private static Interface Describe(Link link) => new(link.Name, link.Mac?.ToString() ?? "");
}
