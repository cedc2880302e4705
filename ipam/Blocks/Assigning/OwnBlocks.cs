using CniPlugins.Ipam.Blocks.Claiming;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Editing;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.Assigning;

/// <summary>The host's blocks that have room, one after the other, read several at a time.</summary>
internal sealed class OwnBlocks(
    IDatastore store, Clock clock, Claims claims, ClusterView view, IReadOnlyList<Entry> affinities, ReservedOrdinals? reserved, FamilyOutcome outcome,
    Deadline deadline)
{
    private const int AtOnce = 8; // a full block of 64 is about 25 KB

    private readonly Entry?[] _blocks = new Entry?[AtOnce];
    private int _next;

    /// <summary>How many blocks the host claims, confirmed or not.</summary>
    public int Count => affinities.Count;

    /// <summary>The next block with a free address; null when there is none.</summary>
    public Entry? Next()
    {
        while (_next < affinities.Count)
        {
            if (_next % AtOnce == 0)
                ReadAhead();
            var affinity = affinities[_next];
            var block = _blocks[_next++ % AtOnce];
            if (view.Reserved.Covers(((AffinityKey)affinity.Key).Cidr))
                continue;
            try
            {
                if (Open(affinity, block) is { } opened && HasRoom(opened))
                    return opened;
            }
            catch (DatastoreException e) when (e.Failure == DatastoreFailure.Corrupt)
            {
                outcome.Messages.Add(e.Message); // another block may do
            }
        }

        return null;
    }

    private void ReadAhead()
    {
        var keys = new Query[Math.Min(AtOnce, affinities.Count - _next)];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = new BlockKey(((AffinityKey)affinities[_next + i].Key).Cidr);
        var answers = store.Read(keys, deadline);
        for (var i = 0; i < keys.Length; i++)
            _blocks[i] = answers[i] is [var block, ..] ? block : null;
    }

    /// <summary>The block, owned for certain; null when it is not the host's after all.</summary>
    private Entry? Open(Entry affinity, Entry? block)
    {
        var key = (AffinityKey)affinity.Key;
        if (block is not null && affinity.As<BlockAffinity>().State == AffinityState.Confirmed && block.As<Block>().Affinity == key.Owner.ToString())
            return block;
        for (var attempts = new Attempts(clock, deadline); ; attempts.Again($"open {key}"))
        {
            try
            {
                return store.Find(key, deadline) is { } now ? claims.Open(now, reserved).Block : null;
            }
            catch (DatastoreException e) when (e.Failure is DatastoreFailure.RevisionConflict or DatastoreFailure.NotFound)
            {
                continue;
            }
        }
    }

    private bool HasRoom(Entry block) => new BlockDraft(block.As<Block>(), clock.Now, view.Settings.CooldownSeconds).CountFree(view.Reserved) > 0;
}
