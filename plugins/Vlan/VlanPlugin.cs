using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Linux;
using CniPlugins.Route;

namespace CniPlugins.Vlan;

/// <summary>Gives a pod one VLAN of one of the host's devices: the frames with that tag are its own.</summary>
internal sealed class VlanPlugin : Plugin<VlanConfig>
{
    public override PluginRole Role => PluginRole.Main;

    public override void Declare(OptionReader options)
    {
        _ = new VlanConfig(options);
        if (CommonOptions.IpamType(options).Length == 0)
            options.Refuse("", "vlan needs addresses: there is no \"ipam\" with a \"type\"");
    }

    protected override VlanConfig Read(Request request) => OptionReader.Load(request, options => new VlanConfig(options));

    protected override CniResult Add(AddRequest request, VlanConfig config)
    {
        using var netns = PodNetns.Open(request.Netns);
        using var host = RouteSocket.OpenHere();
        using var pod = RouteSocket.OpenIn(netns);
        var side = config.Master.Side(host, pod);
        var master = config.Master.Require(side);
        config.Master.RequireMtu(master);
        PodLink.RequireIpam(request);
        using var undo = new Undo();

        var link = undo.Guard(PodLink.Create(side, pod, request, Spec(request, config, netns, master)), created => created.Delete());
        if (!config.AcceptRa)
            InterfaceSetup.IgnoreRouters(netns, link);
        var leased = PodLink.Lease(request, link, undo);
        PodLink.BringUp(netns, pod, link, leased, isShared: true);
        undo.Commit();
        return PodLink.Result(request, link, leased, config.Dns);
    }

    protected override void Check(CheckRequest request, VlanConfig config)
    {
        using var netns = PodNetns.Open(request.Netns);
        request.Ipam.Check();
        using var host = RouteSocket.OpenHere();
        using var pod = RouteSocket.OpenIn(netns);
        var link = PodLink.Check(request, pod, VlanSpec.KindName);
        config.Master.Check(link, config.Master.Side(host, pod));
        if (link.Data is VlanData { Id: var id } && id != config.Id)
            throw new CniException($"Error: Container interface {link} configured vlanId is {config.Id}, current value is {id}");
    }

    protected override void Del(DelRequest request, VlanConfig config) => PodLink.Remove(request);

    protected override void Gc(GcRequest request, VlanConfig config) => PodLink.Collect(request);

    protected override void Status(StatusRequest request, VlanConfig config)
    {
        PodLink.RequireIpam(request);
        using var host = RouteSocket.OpenHere();
        config.Master.RequireUsable(host);
        PodLink.RequireUsable(request, host, new VlanSpec("vlan", config.Id));
    }

    private static VlanSpec Spec(AddRequest request, VlanConfig config, Netns netns, Link master) => new(request.IfName.Value, config.Id)
    {
        LowerIndex = master.Index,
        Netns = config.Master.IsInPod ? null : netns,
        Mtu = config.Master.Mtu == 0 ? null : config.Master.Mtu,
    };
}
