using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.Blocks.Pools;

namespace CniPlugins.Ipam.Blocks.Assigning;

/// <summary>What a request must know of the cluster before it looks at blocks; read in one round trip where the datastore can.</summary>
internal sealed class ClusterView
{
    private ClusterView(IReadOnlyList<Entry>[] answers)
    {
        Settings = answers[0] is [var settings, ..] ? settings.As<BlockSettings>() : new BlockSettings();
        Node = answers[1] is [var node, ..] ? node.As<ClusterNode>() : null;
        Pools = answers[2].As<IpPool>();
        Reserved = ReservedRanges.Of(answers[3].As<IpReservation>());
        Affinities4 = answers.Length > 4 ? answers[4] : [];
        Affinities6 = answers.Length > 5 ? answers[5] : [];
    }

    public BlockSettings Settings { get; }

    /// <summary>Null when the datastore does not know it.</summary>
    public ClusterNode? Node { get; }

    /// <summary>All pools, by name.</summary>
    public IReadOnlyList<IpPool> Pools { get; }

    public ReservedRanges Reserved { get; }

    /// <summary>The host's affinities for IPv4 blocks, in the datastore's order.</summary>
    public IReadOnlyList<Entry> Affinities4 { get; }

    /// <inheritdoc cref="Affinities4"/>
    public IReadOnlyList<Entry> Affinities6 { get; }

    /// <summary>Everything, with the affinities of the families that are asked for.</summary>
    public static ClusterView Read(IDatastore store, AssignRequest request, Deadline deadline)
    {
        var answers = store.Read(QueriesFor(request), deadline);
        return new ClusterView(request is { Count4: 0, Count6: > 0 } ? [answers[0], answers[1], answers[2], answers[3], [], answers[4]] : answers);
    }

    /// <summary>What such a request begins with.</summary>
    public static IReadOnlyList<Query> QueriesFor(AssignRequest request)
    {
        var queries = new List<Query>(6) { new SettingsKey(), new NodeKey(request.Host), new AllPools(), new AllReservations() };
        var owner = BlockOwner.Host(request.Host);
        if (request.Count4 > 0 || request.Count6 > 0)
            queries.Add(new AffinitiesOf(owner, request.Count4 > 0 ? false : true));
        if (request.Count4 > 0 && request.Count6 > 0)
            queries.Add(new AffinitiesOf(owner, true));
        return queries;
    }
}
