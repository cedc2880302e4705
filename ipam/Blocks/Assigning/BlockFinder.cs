using CniPlugins.Ipam.Blocks.Claiming;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Editing;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.Blocks.Placement;
using CniPlugins.Ipam.Blocks.Pools;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Assigning;

/// <summary>Finds a block for a host that needs another one, and claims it.</summary>
/// <remarks>
/// Upstream lists all blocks of the cluster first. Here the first few in the host's order are looked at by themselves: mostly one of them is free, however
/// many blocks there are; only if none is, all are listed. What is found is the same.
/// </remarks>
internal sealed class BlockFinder(
    IDatastore store, Clock clock, Claims claims, ClusterView view, IReadOnlyList<IpPool> pools, BlockOwner owner, bool isV6, Deadline deadline)
{
    private const int Probed = 8;
    private static readonly TimeSpan LeastAge = TimeSpan.FromSeconds(60); // of an empty block that is taken from its owner

    private Dictionary<Cidr, Entry>? _listed;

    /// <summary>A block with room that is the host's now; null when no pool has any left.</summary>
    public Entry? Claim(ReservedOrdinals? reserved)
    {
        for (var attempts = new Attempts(clock, deadline); ; attempts.Again($"find a block for {owner}"))
        {
            if (Find() is not { } cidr)
                return null;
            if (TryClaim(cidr, reserved) is { Result: ClaimResult.Owned, Block: { } block })
                return block;
        }
    }

    /// <summary>The blocks of a pool that exist and seem to have room, in the host's order.</summary>
    public IEnumerable<Entry> BlocksOf(IpPool pool, BlockOrder order)
    {
        var found = new List<(UInt128 Turn, Entry Block)>();
        foreach (var (cidr, entry) in _listed ?? List())
        {
            if (cidr.PrefixLength == pool.BlockSize && pool.Cidr.Contains(cidr.First) && !view.Reserved.Covers(cidr) && FreeIn(entry) > 0)
                found.Add((order.TurnOf(cidr), entry));
        }

        found.Sort((a, b) => a.Turn.CompareTo(b.Turn));
        foreach (var (_, block) in found)
            yield return block;
    }

    private Claim? TryClaim(Cidr cidr, ReservedOrdinals? reserved)
    {
        var key = new AffinityKey(owner, cidr);
        for (var attempts = new Attempts(clock, deadline); ; attempts.Again($"claim {cidr} for {owner}"))
        {
            try
            {
                var affinity = claims.Announce(key);
                return affinity.As<BlockAffinity>().State == AffinityState.Pending && !_ownBlockSeen
                    ? claims.Make(affinity, reserved)
                    : claims.Open(affinity, reserved);
            }
            catch (DatastoreException e) when (e.Failure is DatastoreFailure.RevisionConflict or DatastoreFailure.NotFound)
            {
                continue;
            }
        }
    }

    private bool _ownBlockSeen; // what was found last is a block of the host that there is already

    private Cidr? Find()
    {
        _ownBlockSeen = false;
        var first = pools[0];
        var order = Order(first);
        return Probe(order) ?? Search();
    }

    /// <summary>Looks at the first few blocks of the first pool.</summary>
    private Cidr? Probe(BlockOrder order)
    {
        var keys = new List<Query>(Probed);
        for (UInt128 turn = 0; turn < order.Count && keys.Count < Probed; turn += Step(order, turn))
        {
            if (!view.Reserved.Covers(order.At(turn)))
                keys.Add(new BlockKey(order.At(turn)));
        }

        if (keys.Count == 0)
            return null;
        var answers = store.Read(keys, deadline);
        for (var i = 0; i < keys.Count; i++)
        {
            var cidr = ((BlockKey)keys[i]).Cidr;
            if (answers[i] is not [var block, ..])
                return cidr;
            if (IsOwnWithRoom(block))
                return cidr;
        }

        return null;
    }

    /// <summary>Looks at all blocks there are: a gap, one of the host's own with room, or one that its owner does not use.</summary>
    private Cidr? Search()
    {
        var blocks = List();
        var idle = new List<Entry>();
        foreach (var pool in pools)
        {
            var order = Order(pool);
            for (UInt128 turn = 0; turn < order.Count; turn += Step(order, turn))
            {
                var cidr = order.At(turn);
                if (view.Reserved.Covers(cidr))
                    continue;
                if (!blocks.TryGetValue(cidr, out var block) || IsOwnWithRoom(block))
                    return cidr;
                if (block.Value is Block value && new BlockDraft(value, clock.Now, view.Settings.CooldownSeconds).IsEmpty && FreeIn(block) > 0)
                    idle.Add(block);
            }
        }

        return Reclaim(idle);
    }

    /// <summary>Takes an empty block from its owner, the first that lets go of it.</summary>
    private Cidr? Reclaim(List<Entry> idle)
    {
        foreach (var entry in idle)
        {
            var block = entry.As<Block>();
            var age = clock.Now - (block.ClaimedAt ?? DateTimeOffset.MinValue);
            if (age < LeastAge && age > -LeastAge) // a claim from the future is no young one: somebody's clock was wrong
                continue;
            try
            {
                if (BlockOwner.Parse(block.Affinity) is not { } other)
                {
                    store.Delete(entry, deadline);
                    return block.Cidr;
                }

                if (claims.LetGo(new AffinityKey(other, block.Cidr), onlyIfEmpty: true, block.SequenceNumber, view.Settings.CooldownSeconds) == LetGoResult.Released)
                    return block.Cidr;
            }
            catch (DatastoreException e) when (e.Failure is not DatastoreFailure.Unavailable)
            {
                Linux.StandardError.WriteLine($"{block.Cidr} is empty, but cannot be taken from {block.Affinity}: {e.Message}");
            }
        }

        return null;
    }

    private bool IsOwnWithRoom(Entry block) =>
        _ownBlockSeen = block.Value is Block value && value.Affinity == owner.ToString() && FreeIn(block) > 0;

    private int FreeIn(Entry block) =>
        block.Value is Block value ? new BlockDraft(value, clock.Now, view.Settings.CooldownSeconds).CountFree(view.Reserved) : 0;

    /// <summary>One turn on, or past a whole range that is reserved.</summary>
    private UInt128 Step(BlockOrder order, UInt128 turn) =>
        view.Reserved.Find(order.At(turn).First) is { } last && order.BlocksUntil(turn, last) is var covered && covered > 1 ? covered : 1;

    private BlockOrder Order(IpPool pool) => new(pool.Cidr, pool.BlockSize, owner.Name, (long)clock.Nanoseconds);

    private Dictionary<Cidr, Entry> List()
    {
        _listed = [];
        foreach (var entry in store.List(new AllBlocks(isV6), deadline))
            _listed[((BlockKey)entry.Key).Cidr] = entry;
        return _listed;
    }
}
