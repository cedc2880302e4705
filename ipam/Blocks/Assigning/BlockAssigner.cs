using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Editing;
using CniPlugins.Ipam.Blocks.Handles;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Assigning;

/// <summary>How much is wanted of a block.</summary>
/// <param name="Count">Up to so many addresses.</param>
/// <param name="For">Whose they will be.</param>
/// <param name="Owner">Only if the block is this owner's; null is any block.</param>
/// <param name="MaxPerFamily">The most that the handle may hold; 0 is no limit.</param>
internal readonly record struct BlockWish(int Count, Attribution For, BlockOwner? Owner, int MaxPerFamily);

/// <summary>Gives out addresses of one block: the handle counts first, then the block says so.</summary>
/// <remarks>
/// An attempt whose block somebody else changed takes its count back and counts again after it has read the block anew: a release that finds the handle's
/// count without addresses writes the block before it drops the count, and so is always noticed by one of the two writes.
/// </remarks>
internal sealed class BlockAssigner(IDatastore store, Clock clock, HandleCounter? counter, ClusterView view, Deadline deadline)
{
    /// <summary>The addresses with the block's prefix length; none when it has none, has become somebody else's or is gone.</summary>
    public IReadOnlyList<Cidr> Assign(Entry stored, BlockWish wish)
    {
        for (var attempts = new Attempts(clock, deadline); ; attempts.Again($"assign from {stored.Key}"))
        {
            var block = stored.As<Block>();
            if (wish.Owner is { } owner && block.Affinity != owner.ToString())
                return [];
            var draft = new BlockDraft(block, clock.Now, view.Settings.CooldownSeconds);
            var ordinals = draft.Assign(wish.Count, wish.For, view.Reserved);
            if (ordinals.Count == 0)
                return [];
            if (TryWrite(stored, draft, ordinals.Count, wish.MaxPerFamily))
                return Addresses(block, ordinals);
            if (store.Find(stored.Key, deadline) is not { } now)
                return [];
            stored = now;
        }
    }

    /// <summary>Writes a draft in which so many addresses are given out; false when the block is not as it was.</summary>
    public bool TryWrite(Entry stored, BlockDraft draft, int count, int mostPerFamily)
    {
        var cidr = ((BlockKey)stored.Key).Cidr;
        counter?.Add(cidr, count, mostPerFamily, deadline);
        try
        {
            store.Update(stored, draft.ToBlock(), deadline);
            return true;
        }
        catch (DatastoreException e) when (e.Failure != DatastoreFailure.Unavailable) // then it may have been written, and the count must stay
        {
            counter?.Remove(cidr, count, deadline);
            if (e.Failure is DatastoreFailure.RevisionConflict or DatastoreFailure.NotFound)
                return false;
            throw;
        }
    }

    private static Cidr[] Addresses(Block block, List<int> ordinals)
    {
        var addresses = new Cidr[ordinals.Count];
        for (var i = 0; i < addresses.Length; i++)
            addresses[i] = new Cidr(block.AddressOf(ordinals[i]), block.Cidr.PrefixLength);
        return addresses;
    }
}
