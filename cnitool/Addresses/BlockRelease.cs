using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Cnitool.Addresses;

/// <summary>Takes out of a datastore what somebody decided should go, each only if it is still what was seen.</summary>
internal sealed class BlockRelease(IDatastore store)
{
    private readonly BlockIpam _blocks = new(store);
    private readonly Deadline _deadline = BlockState.Deadline;

    /// <summary>Gives an address back, whoever has it; false when nobody has.</summary>
    public bool Release(IpAddress address) => Release(new ReleaseRequest(address));

    /// <summary>Takes a problem away; false when it is not any more what the report says.</summary>
    public bool Release(Problem problem)
    {
        try
        {
            return problem.Kind == Problem.LeakedAddress ? ReleaseLeaked(problem) : Correct(problem);
        }
        catch (DatastoreException e) when (e.Failure is DatastoreFailure.RevisionConflict or DatastoreFailure.NotFound)
        {
            return false;
        }
    }

    private bool Release(ReleaseRequest request)
    {
        var outcome = _blocks.Release([request], _deadline);
        return outcome.Error switch
        {
            null => outcome.Released.Count > 0,
            IpamException { Failure: IpamFailure.Conflict } => false,
            var e => throw CniException.Because($"release {request.Address}", e),
        };
    }

    private bool ReleaseLeaked(Problem problem) =>
        _blocks.HolderOf(IpAddress.Parse(problem.Subject), _deadline) is { } held && BlockAudit.Fingerprint(held) == problem.Fingerprint
        && Release(new ReleaseRequest(held.Address, held.Holder.HandleId, held.SequenceNumber));

    /// <summary>A handle that counts too much, a claim that leads nowhere: each if its revision is still the report's.</summary>
    private bool Correct(Problem problem)
    {
        var entry = store.Read([new AllHandles(), new AllAffinities(), new AllAffinities(AffinityType.Virtual)], _deadline).SelectMany(answer => answer)
            .FirstOrDefault(entry => entry.Key.ToString() == problem.Subject && entry.Revision == problem.Fingerprint);
        if (entry is null)
            return false;
        var counts = entry.Value is BlockHandle handle ? [.. handle.Counts.Select(count => count with { Count = Held(((HandleKey)entry.Key).Id, count.Block) }).Where(count => count.Count > 0)]
            : Array.Empty<HandleCount>();
        if (counts.Length == 0)
            store.Delete(entry, _deadline);
        else
            store.Update(entry, (BlockHandle)entry.Value with { Counts = counts }, _deadline);
        return true;
    }

    /// <summary>How many addresses of a block are a handle's.</summary>
    private int Held(string handle, Cidr cidr) => store.Find(new BlockKey(cidr), _deadline)?.As<Block>() is { } block
        ? block.Allocations.Count(index => index != Block.Free && Attribution.Clean(block.Attributes[index].HandleId) == handle)
        : 0;
}
