using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Linux;
using CniPlugins.Route;

namespace CniPlugins.Macvlan;

/// <summary>Puts a pod onto the network of one of the host's devices, with a hardware address of its own.</summary>
internal sealed class MacvlanPlugin : Plugin<MacvlanConfig>
{
    public override PluginRole Role => PluginRole.Main;

    public override void Declare(OptionReader options) => _ = new MacvlanConfig(options);

    protected override MacvlanConfig Read(Request request) => OptionReader.Load(request, options => new MacvlanConfig(options));

    protected override CniResult Add(AddRequest request, MacvlanConfig config)
    {
        using var netns = PodNetns.Open(request.Netns);
        using var host = RouteSocket.OpenHere();
        using var pod = RouteSocket.OpenIn(netns);
        var side = config.Master.Side(host, pod);
        var master = config.Master.Require(side);
        config.Master.RequireMtu(master);
        using var undo = new Undo();

        var link = undo.Guard(PodLink.Create(side, pod, request, Spec(request, config, netns, master)), created => created.Delete());
        if (request.Conf.IpamType.Length > 0 && !config.AcceptRa)
            InterfaceSetup.IgnoreRouters(netns, link);
        var leased = PodLink.Lease(request, link, undo);
        PodLink.BringUp(netns, pod, link, leased, isShared: true);
        undo.Commit();
        return PodLink.Result(request, link, leased, config.Dns);
    }

    protected override void Check(CheckRequest request, MacvlanConfig config)
    {
        using var netns = PodNetns.Open(request.Netns);
        PodLink.AskIpam(request, request.Ipam.Check);
        using var host = RouteSocket.OpenHere();
        using var pod = RouteSocket.OpenIn(netns);
        var link = PodLink.Check(request, pod, MacvlanSpec.KindName);
        config.Master.Check(link, config.Master.Side(host, pod));
        var data = link.Data as MacvlanData;
        if (data?.Mode != config.Mode)
        {
            throw new CniException(
                $"Container macvlan mode {data?.Mode.ToString().ToLowerInvariant()} does not match expected value: {config.Mode.ToString().ToLowerInvariant()}");
        }

        if (config.BroadcastQueueLength is { } length && data.BroadcastQueueLength != length)
            throw new CniException($"Container macvlan bcqueuelen {data.BroadcastQueueLength} does not match expected value: {length}");
        if (config.Mac is { } mac && link.Mac != mac)
            throw new CniException($"macvlan: Interface {link} Mac {mac} doesn't match container Mac: {link.Mac}");
    }

    protected override void Del(DelRequest request, MacvlanConfig config) => PodLink.Remove(request);

    protected override void Gc(GcRequest request, MacvlanConfig config) => PodLink.Collect(request);

    protected override void Status(StatusRequest request, MacvlanConfig config)
    {
        using var host = RouteSocket.OpenHere();
        config.Master.RequireUsable(host);
        PodLink.RequireUsable(request, host, new MacvlanSpec("macvlan", config.Mode));
    }

    private static MacvlanSpec Spec(AddRequest request, MacvlanConfig config, Netns netns, Link master) => new(request.IfName.Value, config.Mode)
    {
        LowerIndex = master.Index,
        Netns = config.Master.IsInPod ? null : netns,
        Mtu = config.Master.Mtu == 0 ? null : config.Master.Mtu,
        Mac = config.Mac,
        BroadcastQueueLength = config.BroadcastQueueLength,
    };
}
