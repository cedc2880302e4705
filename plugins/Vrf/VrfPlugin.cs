using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Linux;
using CniPlugins.Route;

namespace CniPlugins.Vrf;

/// <summary>Puts a pod's interface into a VRF of the pod's: what comes and goes by it is routed by a table of its own.</summary>
internal sealed class VrfPlugin : Plugin<VrfConfig>
{
    public override IReadOnlyList<CniVersion> Versions => [.. CniVersion.All.Where(version => version >= CniVersion.Parse("0.3.1"))];

    public override PluginRole Role => PluginRole.Chained;

    public override void Declare(OptionReader options) => _ = new VrfConfig(options);

    protected override VrfConfig Read(Request request) => OptionReader.Load(request, options => new VrfConfig(options));

    protected override CniResult Add(AddRequest request, VrfConfig config)
    {
        var result = RequirePrevious(request);
        try
        {
            using var netns = PodNetns.Open(request.Netns);
            using var pod = RouteSocket.OpenIn(netns);
            var link = pod.FindLink(request.IfName.Value) ?? throw new CniException($"could not get link by name {request.IfName}");
            if (link.MasterIndex is { } master)
                throw new CniException($"interface {link} has already a master set: {pod.FindLink(master)?.Name ?? $"{master}"}");
            using var undo = new Undo();

            var (vrf, isNew) = VrfDevice.Ensure(pod, config);
            if (isNew)
                undo.Guard(vrf, made => VrfDevice.DeleteIfEmpty(pod, made));
            var enslavement = undo.Guard(new Enslavement(netns, pod, link), made => made.TakeBack());
            enslavement.Into(vrf);
            undo.Commit();
            return result;
        }
        catch (Exception e) when (e is CniException or IErrnoException)
        {
            throw CniException.Because("cmdAdd failed", e);
        }
    }

    protected override void Check(CheckRequest request, VrfConfig config)
    {
        var expected = RequirePrevious(request);
        using var netns = PodNetns.Open(request.Netns);
        using var pod = RouteSocket.OpenIn(netns);
        var vrf = VrfDevice.Find(pod, config) ?? throw new CniException($"failed to lookup \"{config.Name}\": Link not found");
        var link = pod.FindLink(request.IfName.Value);
        if (link?.MasterIndex != vrf.Index)
            throw new CniException($"failed to find {request.IfName} associated to vrf {config.Name}");
        if (!vrf.IsUp)
            throw new CniException($"VRF {vrf} is down");
        Expect.Addresses(pod, link, [.. expected.IpsOf(request.IfName)], pod.Routes(VrfDevice.TableOf(vrf)));
    }

    /// <summary>The interface out of the VRF, if both are there; the VRF too, if nobody is in it any more.</summary>
    protected override void Del(DelRequest request, VrfConfig config)
    {
        using var netns = PodNetns.Find(request);
        if (netns is null)
            return;
        using var pod = RouteSocket.OpenIn(netns);
        if (pod.FindLink(config.Name) is not { Data: VrfData } vrf)
            return;
        var teardown = new Teardown();
        if (pod.FindLink(request.IfName.Value) is { } link && link.MasterIndex == vrf.Index)
            teardown.Try(() => link.Configure(new LinkChange { MasterIndex = 0 }));
        teardown.Try(() => VrfDevice.DeleteIfEmpty(pod, vrf));
        teardown.ThrowIfFailed();
    }

    /// <summary>All of it is in the pod and goes with it.</summary>
    protected override void Gc(GcRequest request, VrfConfig config)
    {
    }

    protected override void Status(StatusRequest request, VrfConfig config)
    {
        using var host = RouteSocket.OpenHere();
        if (!host.Knows(new VrfSpec("vrf", Table: 0)))
            throw new CniException(CniErrorCode.PluginNotAvailable, $"could not add VRF {config.Name}: operation not supported", "modprobe vrf, or a kernel that has it");
    }

    private static CniResult RequirePrevious(Request request) =>
        request.Conf.PreviousResult() ?? throw new CniException("missing prevResult from earlier plugin");
}
