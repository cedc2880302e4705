using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Route;
using CniPlugins.Traffic;

namespace CniPlugins.Bandwidth;

/// <summary>GC: which ifbs belong to nobody any more. Ours say whose they are; upstream's are known by the veth that leads to them.</summary>
internal sealed class IfbCollector(RouteSocket host, GcRequest request)
{
    private readonly long _started = request.Started;
    private readonly IReadOnlySet<string> _valid = Owner.Hashes(request.Network, request.Valid);
    private readonly IReadOnlySet<string> _names = request.Valid.Select(attachment => PodIfb.Name(request.Network, attachment.ContainerId)).ToHashSet();

    /// <summary>ip link del, of each ifb that is stale and older than the call.</summary>
    public void Collect()
    {
        var links = host.Links();
        var teardown = new Teardown();
        var upstreams = new List<Link>();
        foreach (var link in links.Where(PodIfb.Is))
        {
            if (!Owner.IsAlias(link.Alias))
                upstreams.Add(link);
            else if (IsStale(link))
                teardown.Try(() => link.Delete());
        }

        upstreams.RemoveAll(link => _names.Contains(link.Name));
        if (upstreams.Count > 0)
            CollectUpstreams(upstreams, links, teardown);
        teardown.ThrowIfFailed();
    }

    /// <summary>
    /// One whose veth is of a stale attachment, and one that no veth leads to any more: upstream's ADD gives an ifb its qdisc last, so one with a qdisc once had a
    /// veth. What has none yet may be an ADD on its way.
    /// </summary>
    private void CollectUpstreams(List<Link> ifbs, IReadOnlyList<Link> links, Teardown teardown)
    {
        var shaped = host.Qdiscs().Where(qdisc => qdisc.IsRoot && qdisc.Handle == Qdisc.First).Select(qdisc => qdisc.LinkIndex).ToHashSet();
        var sources = new Dictionary<int, int>();
        foreach (var entrance in host.Qdiscs().Where(qdisc => qdisc.IsIngress))
        {
            foreach (var filter in host.IngressFilters(entrance.LinkIndex))
                sources[filter.RedirectTo ?? 0] = entrance.LinkIndex;
        }

        foreach (var ifb in ifbs)
        {
            var isLed = sources.TryGetValue(ifb.Index, out var source);
            if (isLed ? links.Any(veth => veth.Index == source && IsStale(veth)) : shaped.Contains(ifb.Index))
                teardown.Try(() => ifb.Delete());
        }
    }

    private bool IsStale(Link link) => Owner.IsStale(link.Alias, request.Network, _valid) && Owner.CreatedAt(link.Alias) < _started;
}
