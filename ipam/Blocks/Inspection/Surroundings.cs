using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.Blocks.Pools;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Inspection;

/// <summary>The part of a check that looks at where blocks are: next to each other, in pools, with owners.</summary>
internal sealed class Surroundings(
    IEnumerable<Block> blocks, IReadOnlyList<(Entry Entry, IpPool Value)> pools, IReadOnlyList<(Entry Entry, ClusterNode Value)> nodes,
    HashSet<(string Owner, Cidr Block)> affinities, List<Problem> problems)
{
    public void Check()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (_, node) in nodes)
            names.Add(node.Metadata.Name);
        var sorted = new List<Block>(blocks);
        sorted.Sort((a, b) => a.Cidr.First == b.Cidr.First ? a.Cidr.PrefixLength.CompareTo(b.Cidr.PrefixLength) : a.Cidr.First.CompareTo(b.Cidr.First));
        Block? before = null; // the one that reaches furthest so far
        foreach (var block in sorted)
        {
            if (before is not null && PoolRules.Overlap(before.Cidr, block.Cidr))
                Report(ProblemKind.OverlappingBlocks, block, $"blocks {before.Cidr} and {block.Cidr} overlap");
            if (before is null || before.Cidr.Address.IsV6 != block.Cidr.Address.IsV6 || block.Cidr.Last > before.Cidr.Last)
                before = block;
            if (!IsInPool(block.Cidr))
                Report(ProblemKind.BlockOutsidePools, block, $"block {block.Cidr} is in no pool");
            CheckOwner(block, names);
        }
    }

    private void CheckOwner(Block block, HashSet<string> nodeNames)
    {
        if (block.Affinity is null)
            return;
        if (!affinities.Contains((block.Affinity, block.Cidr)))
            Report(ProblemKind.BlockWithoutAffinity, block, $"block {block.Cidr} belongs to {block.Affinity}, which has no affinity for it");
        // Where no node is known at all, nobody keeps them: a cluster without Calico's node agent.
        if (nodeNames.Count > 0 && BlockOwner.Parse(block.Affinity) is { Type: AffinityType.Host } owner && !nodeNames.Contains(owner.Name))
            Report(ProblemKind.UnknownOwner, block, $"block {block.Cidr} belongs to node {owner.Name}, which does not exist");
    }

    private bool IsInPool(Cidr block)
    {
        foreach (var (_, pool) in pools)
        {
            if (pool.Cidr.Contains(block.First))
                return true;
        }

        return false;
    }

    private void Report(ProblemKind kind, Block block, string text) => problems.Add(new Problem(kind, new BlockKey(block.Cidr), text, []));
}
