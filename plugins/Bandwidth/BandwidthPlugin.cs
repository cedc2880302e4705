using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Route;

namespace CniPlugins.Bandwidth;

/// <summary>Limits what a pod that the plugins before it have connected receives and sends, each to a rate.</summary>
internal sealed class BandwidthPlugin : Plugin<BandwidthConfig>
{
    public override IReadOnlyList<CniVersion> Versions => [.. CniVersion.All.Where(version => version >= CniVersion.V030)];

    public override PluginRole Role => PluginRole.Chained;

    public override void Declare(OptionReader options) => BandwidthConfig.Read(options);

    protected override BandwidthConfig Read(Request request) => BandwidthConfig.Read(request);

    protected override CniResult Add(AddRequest request, BandwidthConfig config)
    {
        var result = config.Previous ?? throw new CniException("must be called as chained plugin", "put it behind the plugin that connects the pod");
        if (config.IsUnlimited)
            return result;
        using var host = RouteSocket.OpenHere();
        var veth = HostVeth.Find(host, request, request.Netns, result);
        return new Shaper(host, veth, request).Apply(config) is not { } ifb
            ? result
            : result with { Interfaces = [.. result.Interfaces.Where(link => link.Name != ifb.Name), new(ifb.Name, ifb.Mac?.ToString() ?? "")] };
    }

    protected override void Check(CheckRequest request, BandwidthConfig config)
    {
        var expected = config.Previous ?? throw new CniException("must be called as a chained plugin");
        if (config.IsUnlimited)
            return;
        using var host = RouteSocket.OpenHere();
        var veth = HostVeth.Find(host, request, request.Netns, expected);
        new Shaper(host, veth, request).Check(config);
    }

    /// <summary>Deleting a link takes the kernel some twenty milliseconds, so nothing else is done that waits.</summary>
    protected override void Del(DelRequest request, BandwidthConfig config) => PodIfb.Remove(request);

    /// <summary>ADD makes only what is missing.</summary>
    protected override void Repair(CheckRequest request, BandwidthConfig config) => _ = Add(request.AsAdd(), config);

    protected override void Gc(GcRequest request, BandwidthConfig config)
    {
        using var host = RouteSocket.OpenHere();
        new IfbCollector(host, request).Collect();
    }

    protected override void Status(StatusRequest request, BandwidthConfig config) => KernelFeatures.Require();
}
