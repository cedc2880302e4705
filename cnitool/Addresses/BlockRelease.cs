using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Cnitool.Addresses;

/// <summary>Takes out of a datastore what somebody decided should go, each only if it is still what was seen.</summary>
internal sealed class BlockRelease(IDatastore store)
{
    private readonly Deadline _deadline = BlockState.Deadline;

    /// <summary>Gives an address back, whoever has it; false when nobody has.</summary>
    public bool Release(IpAddress address) => Release(new ReleaseRequest(address));

    /// <summary>Takes a problem away; false when it is not any more what the report says.</summary>
    public bool Release(Problem problem)
    {
        try
        {
            return problem.Kind switch
            {
                BlockAudit.LeakedAddress => ReleaseLeaked(problem),
                BlockAudit.LeakedHandle => Correct(problem),
                _ => Forget(problem),
            };
        }
        catch (DatastoreException e) when (e.Failure is DatastoreFailure.RevisionConflict or DatastoreFailure.NotFound)
        {
            return false;
        }
    }

    private bool Release(ReleaseRequest request)
    {
        var outcome = new BlockIpam(store).Release([request], _deadline);
        return outcome.Error switch
        {
            null => outcome.Released.Count > 0,
            IpamException { Failure: IpamFailure.Conflict } => false,
            var e => throw CniException.Because($"release {request.Address}", e),
        };
    }

    private bool ReleaseLeaked(Problem problem)
    {
        var address = IpAddress.Parse(problem.Subject);
        foreach (var block in BlockState.Readable<Block>(store.List(new AllBlocks(address.IsV6), _deadline)))
        {
            if (block.OrdinalOf(address) is not { } ordinal || block.Allocations[ordinal] is not (>= 0 and var index) || index >= block.Attributes.Count)
                continue;
            if (BlockAudit.Fingerprint(block, ordinal, block.Attributes[index]) != problem.Fingerprint)
                return false;
            return Release(new ReleaseRequest(address, block.Attributes[index].HandleId, block.AllocatedAt.GetValueOrDefault(ordinal)));
        }

        return false;
    }

    /// <summary>Makes a handle count what the blocks have for it; one without addresses goes.</summary>
    private bool Correct(Problem problem)
    {
        if (store.Find(new HandleKey(problem.Subject), _deadline) is not { Value: BlockHandle handle } entry || entry.Revision != problem.Fingerprint)
            return false;
        var counts = new List<HandleCount>();
        foreach (var count in handle.Counts)
        {
            var held = store.Find(new BlockKey(count.Block), _deadline)?.As<Block>() is { } block ? CountOf(problem.Subject, block) : 0;
            if (held > 0)
                counts.Add(count with { Count = held });
        }

        if (counts.Count == 0)
            store.Delete(entry, _deadline);
        else
            store.Update(entry, handle with { Counts = counts }, _deadline);
        return true;
    }

    private static int CountOf(string handle, Block block) =>
        block.Allocations.Count(index => index >= 0 && index < block.Attributes.Count && Attribution.Clean(block.Attributes[index].HandleId) == handle);

    /// <summary>Deletes a claim that leads nowhere.</summary>
    private bool Forget(Problem problem)
    {
        var entry = store.List(new AllAffinities(), _deadline).FirstOrDefault(entry =>
            entry.Key is AffinityKey key && $"{key.Owner} {key.Cidr}" == problem.Subject && entry.Revision == problem.Fingerprint);
        if (entry is null)
            return false;
        store.Delete(entry, _deadline);
        return true;
    }
}
