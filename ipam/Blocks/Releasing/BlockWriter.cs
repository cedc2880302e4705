using CniPlugins.Ipam.Blocks.Claiming;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Editing;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.Blocks.Pools;

namespace CniPlugins.Ipam.Blocks.Releasing;

/// <summary>Writes a block from which addresses were taken back, and gives it back if it is empty and not for its owner any more.</summary>
internal sealed class BlockWriter(IDatastore store, Clock clock, Deadline deadline, BlockSettings settings)
{
    /// <summary>Writes the draft, or deletes a block that is nobody's and empty; false when somebody was faster.</summary>
    public bool TryWrite(Entry stored, BlockDraft draft)
    {
        try
        {
            if (draft.IsEmpty && stored.As<Block>().Affinity is null)
                store.Delete(stored, deadline);
            else
                store.Update(stored, draft.ToBlock(), deadline);
            return true;
        }
        catch (DatastoreException e) when (e.Failure is DatastoreFailure.RevisionConflict or DatastoreFailure.NotFound)
        {
            return false;
        }
    }

    /// <summary>
    /// An owner keeps its empty block, unless the block's pool does not select the owner's node any more. The addresses are released by now, so a failure is
    /// only said on stderr; the owner's next request does the same.
    /// </summary>
    public void GiveBackIfEmpty(BlockDraft draft, Block block)
    {
        if (!draft.IsEmpty || BlockOwner.Parse(block.Affinity) is not { Type: AffinityType.Host } owner)
            return;
        try
        {
            var answers = store.Read([new NodeKey(owner.Name), new AllPools()], deadline);
            if (answers[0] is not [var node, ..] || PoolSelection.FindEnabled(answers[1].As<IpPool>(), block.Cidr.First) is not { } pool
                || PoolSelection.Selects(pool, node.As<ClusterNode>().Labels))
                return;
            new Claims(store, clock, deadline).LetGo(new AffinityKey(owner, block.Cidr), onlyIfEmpty: true, sequenceNumber: null, settings.CooldownSeconds);
        }
        catch (Exception e) when (e is DatastoreException or IpamException)
        {
            Linux.StandardError.WriteLine($"{block.Cidr} is empty, but was not looked at: {e.Message}");
        }
    }
}
