using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cnitool.Topology;
using CniPlugins.Cnitool.Topology.Reading;
using CniPlugins.Ipam.HostLocal;
using CniPlugins.Linux;
using CniPlugins.Nftables;
using CniPlugins.Route;
using CniPlugins.Runtime;
using Owner = CniPlugins.Attachment.Owner;

namespace CniPlugins.Cnitool.Collection;

/// <summary>Which attachments of a network live on this host, and what the others have left.</summary>
/// <remarks>
/// Asked are the caches of all runtimes, the namespaces that they name, and for what is in no cache the kernel: a veth lives as long as the pod's namespace, and a
/// reservation or a rule of ours says in which namespace its pod was. Of whom nothing says where it lived is kept.
/// </remarks>
internal sealed class Survey
{
    private readonly Dictionary<string, Trace> _traces = [];
    private readonly List<string> _notes = [];
    private readonly string _network;

    private Survey(string network) => _network = network;

    /// <summary>What stays, for the plugins' GC.</summary>
    public IReadOnlyList<Cni.Attachment> Valid { get; private set; } = [];

    /// <summary>What goes, each thing by itself.</summary>
    public IReadOnlyList<Remnant> Remnants { get; private set; } = [];

    /// <summary>What could not be read, and what is kept for want of knowledge.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Attachments that live and of whose names only a part is known: plugins cannot be told to spare them.</summary>
    public IReadOnlyList<string> Nameless { get; private set; } = [];

    /// <summary>Looks at a network; changes nothing.</summary>
    /// <param name="list">The network.</param>
    /// <param name="caches">The directories of the runtimes' caches.</param>
    /// <param name="kept">What stays whatever is known of it.</param>
    /// <param name="takesLiving">Whether all else goes, dead or alive.</param>
    public static Survey Of(NetworkList list, IReadOnlyList<string> caches, IReadOnlyList<Cni.Attachment> kept, bool takesLiving)
    {
        var survey = new Survey(list.Name);
        survey.ReadCaches(new CacheReader(caches));
        survey.ReadAddresses(list);
        survey.ReadKernel();
        survey.Decide(kept, takesLiving);
        return survey;
    }

    private void ReadCaches(CacheReader cache)
    {
        _notes.AddRange(cache.Unread.Concat(cache.Problems));
        var known = cache.Entries.Where(entry => entry.NetworkName == _network)
            .Select(entry => (entry.Attachment.ContainerId, entry.Attachment.IfName)).ToHashSet();
        foreach (var pod in new TopologyReader(cache).Read().Attachments)
        {
            if (pod.Network != _network || !known.Contains((pod.ContainerId, pod.IfName)))
                continue;
            var trace = TraceOf(new Cni.Attachment(pod.ContainerId, pod.IfName));
            trace.Cached = pod.State;
            trace.Problem = pod.Problems is [var first, ..] ? first : "";
            trace.Add("cached result");
            if (pod.HostInterface.Length > 0)
                trace.Add(pod.HostInterface);
            foreach (var port in pod.Ports.Where(port => port.Backend.Length > 0))
                trace.Add($"port {port.From}");
            if (pod.Masquerade.Length > 0)
                trace.Add("masquerade");
        }
    }

    private void ReadAddresses(NetworkList list)
    {
        foreach (var place in list.Plugins.Select(plugin => PlaceOf(list, plugin)).OfType<LeasePlace>().Distinct())
        {
            var index = new LeaseIndex(place, BootClock.BootId);
            foreach (var (owner, names) in LeaseFiles.Scan(place).ByOwner)
            {
                var trace = owner.IfName.Length == 0 && Contained(owner.ContainerId) is { } container
                    ? container
                    : TraceOf(new Cni.Attachment(owner.ContainerId, owner.IfName));
                foreach (var name in names)
                    trace.Add($"address {name}");
                trace.AddNamespace(index.Find(owner)?.Netns ?? "");
            }
        }
    }

    /// <summary>ip link; nft list table inet cni_plugins.</summary>
    private void ReadKernel()
    {
        using var host = RouteSocket.OpenHere();
        foreach (var link in host.Links())
        {
            if (TraceOf(link.Alias) is not { } trace)
                continue;
            trace.HasVeth |= link.Kind == "veth" && link.PeerIndex is not (null or 0);
            trace.Add(link.Name);
        }

        try
        {
            using var rules = new OwnedRules(NftSocket.FindHere());
            foreach (var (mark, netns) in rules.Owners)
            {
                if (TraceOf(mark.Comment) is not { } trace)
                    continue;
                trace.AddNamespace(netns);
                foreach (var port in rules.PortsOf(mark.Hash))
                    trace.Add($"port {port.From}");
                if (rules.IsMasqueraded(mark.Hash))
                    trace.Add("masquerade");
            }
        }
        catch (Exception e) when (e is IErrnoException)
        {
            _notes.Add($"nftables: {e.Message}");
        }
    }

    private void Decide(IReadOnlyList<Cni.Attachment> kept, bool takesLiving)
    {
        var named = kept.Select(one => (one.ContainerId, one.IfName)).ToHashSet();
        foreach (var one in kept)
        {
            if (_traces.TryGetValue(new Owner(_network, one.IfName, one.ContainerId).Hash, out var trace))
                trace.Name = one;
        }

        var isTaken = _traces.Values.ToLookup(trace =>
            (trace.Name is not { } name || !named.Contains((name.ContainerId, name.IfName))) && (takesLiving || !trace.Lives));
        Remnants = [.. isTaken[true].SelectMany(trace => trace.Remnants()).OrderBy(remnant => remnant.Owner, StringComparer.Ordinal)];
        Valid = [.. kept.Concat(isTaken[false].Select(trace => trace.Name).OfType<Cni.Attachment>()).Distinct()];
        Nameless = [.. isTaken[false].Where(trace => trace.Name is null).Select(trace => trace.Label)];
        foreach (var trace in isTaken[false].Where(trace => !trace.IsTraceable && trace.Name is not null))
        {
            foreach (var remnant in trace.Remnants())
                _notes.Add($"{remnant.What} of {remnant.Owner} stays: nothing says where it lives, and no runtime's cache knows it");
        }
    }

    /// <summary>Very old reservations name a container alone.</summary>
    private Trace? Contained(string containerId) => _traces.Values.FirstOrDefault(trace => trace.Name?.ContainerId == containerId);

    private Trace TraceOf(Cni.Attachment name)
    {
        var hash = new Owner(_network, name.IfName, name.ContainerId).Hash;
        if (!_traces.TryGetValue(hash, out var trace))
            _traces[hash] = trace = new Trace();
        trace.Name = name;
        return trace;
    }

    /// <summary>The attachment of this network that a text on an object names; null when it names none. Its container's name may be cut off there.</summary>
    private Trace? TraceOf(string? text)
    {
        if (OwnerMark.Read(text) is not { } mark || !mark.Hash.StartsWith(Owner.NetworkHash(_network), StringComparison.Ordinal))
            return null;
        if (!_traces.TryGetValue(mark.Hash, out var trace))
            _traces[mark.Hash] = trace = new Trace { Label = $"{mark.ContainerId}…/{mark.IfName}" };
        if (trace.Name is null && new Owner(_network, mark.IfName, mark.ContainerId).Hash == mark.Hash)
            trace.Name = new Cni.Attachment(mark.ContainerId, mark.IfName);
        return trace;
    }

    private static LeasePlace? PlaceOf(NetworkList list, PluginConfig plugin)
    {
        var conf = NetConf.Parse(PluginRequest.ForStatus(list, plugin));
        return conf.IpamType != "host-local" ? null
            : LeasePlace.Of(new StatusRequest(conf, new CniEnvironment(new Dictionary<string, string>()), new PluginHost(_ => null, "")));
    }
}
