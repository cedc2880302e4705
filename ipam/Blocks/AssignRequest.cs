using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks;

/// <summary>What is wanted: addresses of any pool that may be used, for a host.</summary>
/// <param name="Host">The node; not empty.</param>
/// <param name="Handle">By which they will be released; null is possible, but who releases them then?</param>
internal sealed record AssignRequest(string Host, string? Handle)
{
    /// <summary>How many IPv4 addresses.</summary>
    public int Count4 { get; init; }

    /// <summary>How many IPv6 addresses.</summary>
    public int Count6 { get; init; }

    /// <summary>Stored with the addresses: pod, namespace, node, timestamp.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();

    /// <summary>The pools to use, in this order, whatever their selectors say; empty is all that select the node.</summary>
    public IReadOnlyList<Cidr> Pools4 { get; init; } = [];

    /// <inheritdoc cref="Pools4"/>
    public IReadOnlyList<Cidr> Pools6 { get; init; } = [];

    /// <summary>One of <see cref="PoolUse"/>.</summary>
    public string Use { get; init; } = PoolUse.Workload;

    /// <summary>The most blocks the host may own; 0 leaves it to the cluster's settings.</summary>
    public int MaxBlocks { get; init; }

    /// <summary>The labels of the pod's namespace, for the pools' namespace selectors.</summary>
    public IReadOnlyDictionary<string, string> NamespaceLabels { get; init; } = new Dictionary<string, string>();

    /// <summary>The most addresses of a family that the handle may hold; 0 is no limit. What it holds already is then the answer.</summary>
    public int MaxPerFamily { get; init; }

    /// <summary>Ordinals that a Windows node keeps for itself in each IPv4 block it claims.</summary>
    public ReservedOrdinals? Reserved { get; init; }

    /// <summary>Treat a node that the datastore does not know as one without labels, instead of failing (upstream fails).</summary>
    public bool NodeMayBeMissing { get; init; }
}

/// <summary>How many of a block's first and last ordinals its claimer keeps, and under which handle.</summary>
internal sealed record ReservedOrdinals(int AtStart, int AtEnd, Attribution Owner);

/// <summary>What is wanted: this very address.</summary>
/// <param name="Address">The address.</param>
/// <param name="Host">The node.</param>
/// <param name="Handle">By which it will be released.</param>
internal sealed record ExactRequest(IpAddress Address, string Host, string? Handle)
{
    /// <inheritdoc cref="AssignRequest.Attributes"/>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();

    /// <summary>One of <see cref="PoolUse"/>; empty is not checked.</summary>
    public string Use { get; init; } = "";

    /// <inheritdoc cref="AssignRequest.MaxPerFamily"/>
    public int MaxPerFamily { get; init; }
}
