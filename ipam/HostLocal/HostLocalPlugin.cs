using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Linux;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>Hands out addresses of configured ranges and remembers them in files on this host.</summary>
internal sealed class HostLocalPlugin : Plugin
{
    public override PluginRole Role => PluginRole.Ipam;

    public override void Declare(OptionReader options)
    {
        _ = HostLocalConfig.Read(options);
        _ = HostLocalConfig.ReadDataDir(options);
    }

    public override CniResult Add(AddRequest request)
    {
        var config = HostLocalConfig.Read(request);
        var dns = config.ResolvConf.Length == 0 ? Dns.None : ResolvConf.Read(config.ResolvConf);
        using var leases = LeaseStore.Open(LeasePlace.Of(request));
        var addresses = new Grant(leases, OwnerOf(request), request.Netns).Take(config);
        return new CniResult { Ips = addresses, Routes = config.Routes, Dns = dns };
    }

    public override void Del(DelRequest request)
    {
        using var leases = LeaseStore.Find(LeasePlace.Of(request));
        if (leases?.Find(OwnerOf(request)) is { Count: > 0 } files)
            leases.Release(leases.OwnerOf(files[0]) ?? OwnerOf(request), files);
        leases?.Commit();
        leases?.RequireWhole();
    }

    public override void Check(CheckRequest request)
    {
        using var leases = LeaseStore.Find(LeasePlace.Of(request));
        if (leases?.Find(OwnerOf(request)) is not { Count: > 0 })
            throw new CniException($"host-local: Failed to find address added by container {request.ContainerId}");
        leases.Commit();
    }

    public override void Gc(GcRequest request)
    {
        var place = LeasePlace.Of(request);
        var collector = new Collector(place, request);
        using var leases = LeaseStore.Find(place);
        if (leases is not null)
            collector.Run(leases);
    }

    public override void Status(StatusRequest request)
    {
        var config = HostLocalConfig.Read(request);
        var probe = new StateProbe(LeasePlace.Of(request));
        probe.RequireUsable();
        foreach (var ((set, occupancy), i) in probe.Count(config.RangeSets).Select((counted, i) => (counted, i)))
        {
            if (!occupancy.IsFull || probe.HasLeftovers(set))
                continue;
            var report = $"range set {i} ({set}): {occupancy}";
            if (config.StatusWhenFull)
                throw new CniException(CniErrorCode.PluginNotAvailable, report, "statusWhenFull is set");
            StandardError.WriteLine(report);
        }
    }

    private static Owner OwnerOf(AttachmentRequest request) => new(request.ContainerId.Value, request.IfName.Value);
}
