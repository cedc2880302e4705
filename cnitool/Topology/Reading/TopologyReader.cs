using CniPlugins.Attachment;
using CniPlugins.Linux;
using CniPlugins.Nftables;
using CniPlugins.Route;

namespace CniPlugins.Cnitool.Topology.Reading;

/// <summary>Looks at the namespace this process is in, and at the runtimes' caches; what it may not read, it names.</summary>
internal sealed class TopologyReader(CacheReader cache)
{
    private readonly List<string> _unread = [];

    public HostTopology Read()
    {
        using var host = RouteSocket.OpenHere();
        var links = new HostLinks(host);
        using var rules = TryRead("nftables", () => new OwnedRules(NftSocket.FindHere()));
        var limits = new HostLimits(host);

        var reader = new AttachmentReader(links, rules, limits);
        var known = cache.Entries.Select(reader.Read).ToList();
        var strangers = new StrangerReader(links, rules, limits, known);
        // Where a cache is closed to us, nobody can tell a leak from a living pod.
        var leaked = strangers.Read(known.Select(pod => new Owner(pod.Network, pod.IfName, pod.ContainerId).Hash).ToHashSet())
            .Select(pod => cache.Unread.Count == 0 ? pod : pod with { State = AttachmentState.Unread, Problems = [] });
        IReadOnlyList<PodAttachment> all = [.. known.Concat(leaked).OrderBy(pod => pod.Network, StringComparer.Ordinal).ThenBy(pod => pod.Name, StringComparer.Ordinal).ThenBy(pod => pod.IfName, StringComparer.Ordinal)];
        if (all.Any(pod => pod.State is AttachmentState.Unread) && known.Any(pod => pod.State is AttachmentState.Unread))
            _unread.Add("namespaces of pods: what is said of them is the cache's word");
        return new HostTopology(Environment.MachineName)
        {
            Uplinks = links.Uplinks(),
            Bridges = links.Bridges(all),
            Attachments = all,
            Leftovers = [.. strangers.Leftovers(all)],
            Problems = [.. cache.Problems, .. TryRead("nftables", () => rules?.MissingRules().Concat(rules.Obstacles()).ToList()) ?? []],
            Unread = [.. cache.Unread.Concat(_unread).Concat(rules?.Unread ?? []).Distinct()],
        };
    }

    /// <summary>What needs a right that a person may not have: null, and a line that says so.</summary>
    private T? TryRead<T>(string what, Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IErrnoException)
        {
            _unread.Add($"{what}: {e.Message}{(((IErrnoException)e).Errno is Errno.EPERM or Errno.EACCES ? " (run it as root)" : "")}");
            return null;
        }
    }
}
