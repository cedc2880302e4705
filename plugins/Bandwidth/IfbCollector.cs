using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Route;
using CniPlugins.Traffic;

namespace CniPlugins.Bandwidth;

/// <summary>GC: which ifbs belong to nobody any more. Ours say whose they are; upstream's are known by the veth that leads to them.</summary>
internal sealed class IfbCollector(RouteSocket host, GcRequest request)
{
    private readonly Garbage _garbage = new(request);

    /// <summary>ip link del, of each ifb that is stale and older than the call.</summary>
    public void Collect()
    {
        var ifbs = host.Links("ifb").Where(PodIfbName.IsOn).ToList();
        var upstreams = ifbs.Where(link => OwnerMark.Read(link.Alias) is null).ToList();
        var teardown = new Teardown();
        teardown.Try(() => host.Delete([.. ifbs.Where(link => _garbage.HasAlias(link.Alias))]));
        if (upstreams.Count > 0)
            teardown.Try(() => host.Delete([.. StaleOnes(upstreams)]));
        teardown.ThrowIfFailed();
    }

    /// <summary>
    /// One whose veth is of a stale attachment, and one that no veth leads to any more: upstream's ADD gives an ifb its qdisc last, so one with a qdisc once had a
    /// veth. What has none yet may be an ADD on its way.
    /// </summary>
    private IEnumerable<Link> StaleOnes(List<Link> ifbs)
    {
        var valid = request.Valid.Select(attachment => PodIfbName.Of(request.Network, attachment.ContainerId)).ToHashSet();
        var veths = host.Links("veth").Where(veth => _garbage.HasAlias(veth.Alias)).Select(veth => veth.Index).ToHashSet();
        var shaped = host.Qdiscs().Where(qdisc => qdisc.IsRoot && qdisc.Handle == Qdisc.First).Select(qdisc => qdisc.LinkIndex).ToHashSet();
        var sources = new Dictionary<int, int>();
        foreach (var entrance in host.Qdiscs().Where(qdisc => qdisc.IsIngress))
        {
            foreach (var filter in host.IngressFilters(entrance.LinkIndex))
                sources[filter.RedirectTo ?? 0] = entrance.LinkIndex;
        }

        return ifbs.Where(ifb => !valid.Contains(ifb.Name) && (sources.TryGetValue(ifb.Index, out var source) ? veths.Contains(source) : shaped.Contains(ifb.Index)));
    }
}
