using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Linux;
using CniPlugins.Route;

namespace CniPlugins.Ipvlan;

/// <summary>Puts a pod onto the network of one of the host's devices, behind that device's own hardware address.</summary>
internal sealed class IpvlanPlugin : Plugin<IpvlanConfig>
{
    public override void Declare(OptionReader options) => _ = new IpvlanConfig(options);

    protected override IpvlanConfig Read(Request request) => OptionReader.Load(request, options => new IpvlanConfig(options));

    protected override CniResult Add(AddRequest request, IpvlanConfig config)
    {
        using var netns = PodNetns.Open(request.Netns);
        using var host = RouteSocket.OpenHere();
        using var pod = RouteSocket.OpenIn(netns);
        var side = config.Master.Side(host, pod);
        var master = ChosenMaster(request, config.Master).Require(side);
        var inherited = Inherited(request);
        if (inherited is null)
            PodLink.RequireIpam(request);
        using var undo = new Undo();

        var link = undo.Guard(PodLink.Create(side, pod, request, Spec(request, config, netns, master)), created => created.Delete());
        if (!config.AcceptRa)
            InterfaceSetup.IgnoreRouters(netns, link);
        var leased = inherited ?? PodLink.Lease(request, link, undo);
        PodLink.BringUp(netns, pod, link, leased, isShared: config.Mode == IpvlanMode.L2);
        if (config.Mode != IpvlanMode.L2)
            InterfaceSetup.AwaitReceiving(link, leased.Ips.Select(ip => ip.Address.Address));
        undo.Commit();
        return PodLink.Result(request, link, leased, config.Dns);
    }

    protected override void Check(CheckRequest request, IpvlanConfig config)
    {
        using var netns = PodNetns.Open(request.Netns);
        PodLink.AskIpam(request, request.Ipam.Check);
        using var host = RouteSocket.OpenHere();
        using var pod = RouteSocket.OpenIn(netns);
        var link = PodLink.Check(request, pod, IpvlanSpec.KindName);
        config.Master.Check(link, config.Master.Side(host, pod));
        if (link.Data is IpvlanData { Mode: var mode } && mode != config.Mode)
            throw new CniException($"Container IPVlan mode {Text(mode)} does not match expected value: {Text(config.Mode)}");
    }

    protected override void Del(DelRequest request, IpvlanConfig config) => PodLink.Remove(request);

    protected override void Gc(GcRequest request, IpvlanConfig config) => PodLink.Collect(request);

    protected override void Status(StatusRequest request, IpvlanConfig config)
    {
        using var host = RouteSocket.OpenHere();
        config.Master.RequireUsable(host);
        PodLink.RequireUsable(request, host, new IpvlanSpec("ipvlan", config.Mode));
    }

    /// <summary>Of a plugin before this one that made a single interface, that is the master, unless another is named.</summary>
    private static Master ChosenMaster(AddRequest request, Master master)
    {
        if (master.Name.Length > 0 || request.Conf.PreviousResult() is not { } previous)
            return master;
        return previous.Interfaces is [{ Name.Length: > 0 } only]
            ? master with { Name = only.Name }
            : throw new CniException("chained master failure. PrevResult lacks a single named interface", "name the device by \"master\"");
    }

    /// <summary>The addresses that a plugin before this one was given, when the network has no address plugin of its own.</summary>
    private static CniResult? Inherited(AddRequest request) =>
        request.Conf.IpamType.Length == 0 && request.Conf.PreviousResult() is { Ips.Count: > 0 } previous
            ? new CniResult { Ips = PodLink.OfItsInterface(previous.Ips), Routes = previous.Routes }
            : null;

    private static IpvlanSpec Spec(AddRequest request, IpvlanConfig config, Netns netns, Link master) => new(request.IfName.Value, config.Mode)
    {
        LowerIndex = master.Index,
        Netns = config.Master.IsInPod ? null : netns,
        Mtu = config.Master.Mtu == 0 ? null : config.Master.Mtu,
    };

    private static string Text(IpvlanMode mode) => mode.ToString().ToLowerInvariant();
}
