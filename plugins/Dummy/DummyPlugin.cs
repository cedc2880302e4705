using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Linux;
using CniPlugins.Route;

namespace CniPlugins.Dummy;

/// <summary>Gives a pod addresses that are on no network: an interface that drops what is sent by it.</summary>
internal sealed class DummyPlugin : Plugin<DummyConfig>
{
    public override PluginRole Role => PluginRole.Main;

    public override void Declare(OptionReader options) => _ = new DummyConfig(options);

    protected override DummyConfig Read(Request request) => OptionReader.Load(request, options => new DummyConfig(options));

    protected override CniResult Add(AddRequest request, DummyConfig config)
    {
        using var netns = PodNetns.Open(request.Netns);
        using var pod = RouteSocket.OpenIn(netns);
        using var undo = new Undo();

        var link = undo.Guard(PodLink.Create(pod, pod, request, new DummySpec(request.IfName.Value)), created => created.Delete());
        InterfaceSetup.IgnoreRouters(netns, link);
        var leased = PodLink.Lease(request, link, undo);
        PodLink.BringUp(netns, pod, link, leased, isShared: false);
        InterfaceSetup.AwaitReceiving(link, leased.Ips.Select(ip => ip.Address.Address));
        undo.Commit();
        return PodLink.Result(request, link, leased, config.Dns);
    }

    protected override void Check(CheckRequest request, DummyConfig config)
    {
        using var netns = PodNetns.Open(request.Netns);
        request.Ipam.Check();
        using var pod = RouteSocket.OpenIn(netns);
        PodLink.Check(request, pod, DummySpec.KindName);
    }

    protected override void Del(DelRequest request, DummyConfig config) => PodLink.Remove(request);

    protected override void Gc(GcRequest request, DummyConfig config) => PodLink.Collect(request);

    /// <summary>Whether the kernel has such links is found out by making one, where nobody sees it.</summary>
    protected override void Status(StatusRequest request, DummyConfig config) => Netns.RunInNew(() =>
    {
        using var nowhere = RouteSocket.OpenHere();
        PodLink.RequireUsable(request, nowhere, new DummySpec("dummy"));
        return true;
    });
}
