using CniPlugins.Route;
using CniPlugins.Traffic;

namespace CniPlugins.Cnitool.Topology.Reading;

/// <summary>The token buckets of the host's links, and which link limits what a pod sends.</summary>
internal sealed class HostLimits
{
    private readonly Dictionary<int, RateLimit> _limits = [];
    private readonly Dictionary<int, int> _redirects = [];

    /// <summary>tc qdisc show; tc filter show ingress, of links that have filters there.</summary>
    public HostLimits(RouteSocket host)
    {
        var clock = PacketClock.Read();
        foreach (var qdisc in host.Qdiscs())
        {
            if (qdisc is { IsRoot: true, TokenBucket: { } bucket })
                _limits[qdisc.LinkIndex] = Limit(bucket, clock);
            else if (qdisc.IsIngress && host.IngressFilters(qdisc.LinkIndex).Select(filter => filter.RedirectTo).FirstOrDefault(target => target > 0) is { } target)
                _redirects[qdisc.LinkIndex] = target;
        }
    }

    /// <summary>What a link lets out at most: for a pod's veth on the host, what reaches the pod. Null when there is no limit.</summary>
    public RateLimit? Of(Link? link) => link is null ? null : Of(link.Index);

    /// <summary>What a pod may send: the limit of the device that its veth's traffic is led through.</summary>
    public RateLimit? Behind(Link? link) => link is not null && _redirects.TryGetValue(link.Index, out var target) ? Of(target) : null;

    /// <summary>Whether any link's traffic is led through this one.</summary>
    public bool IsFed(Link link) => _redirects.ContainsValue(link.Index);

    private RateLimit? Of(int index) => _limits.GetValueOrDefault(index);

    /// <summary>A bucket's size is kept as the time it takes to send that much.</summary>
    private static RateLimit Limit(TokenBucket bucket, PacketClock clock) =>
        new(bucket.Rate * 8, (ulong)(bucket.Rate * 8 * (bucket.Buffer / clock.TicksPerMicrosecond) / 1e6));
}
