using CniPlugins.Ipam.Blocks.Claiming;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Handles;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.Blocks.Pools;
using CniPlugins.Ipam.Blocks.Placement;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Assigning;

/// <summary>One family's part of a request.</summary>
internal sealed class FamilyAssigner(
    IDatastore store, Clock clock, AssignRequest request, ClusterView view, Claims claims, HandleCounter? counter, FamilyOutcome outcome, bool isV6,
    Deadline deadline)
{
    private const int DefaultMaxBlocks = 20;

    private readonly BlockOwner _owner = BlockOwner.Host(request.Host);
    private readonly Attribution _attribution = new(request.Handle, request.Attributes);

    public void Run()
    {
        var labels = view.Node?.Labels ?? new Dictionary<string, string>();
        var selection = PoolSelection.For(view.Pools, request, labels, isV6);
        outcome.ReservedHandle = isV6 ? null : request.Reserved?.Owner.HandleId;
        var affinities = new StrayAffinities(claims, clock, deadline, view).Sort(isV6 ? view.Affinities6 : view.Affinities4, selection, labels);
        var own = new OwnBlocks(store, clock, claims, view, affinities, request.Reserved, outcome, deadline);
        var finder = new BlockFinder(store, clock, claims, view, selection.Usable, _owner, isV6, deadline);
        try
        {
            FromOwn(own, finder);
            if (!outcome.IsComplete && !view.Settings.StrictAffinity)
                Borrow(selection.Usable, finder);
        }
        catch (IpamException e) when (e.Failure == IpamFailure.HandleLimit)
        {
            TakeWhatTheHandleHolds(e);
        }
    }

    /// <summary>From the host's blocks, claiming more while it may.</summary>
    private void FromOwn(OwnBlocks own, BlockFinder finder)
    {
        var owned = own.Count;
        var limit = Limit();
        while (!outcome.IsComplete)
        {
            var block = own.Next();
            if (block is null)
            {
                if (owned >= limit)
                {
                    outcome.Messages.Add($"Need to allocate an IPAM block but could not - limit of {limit} blocks reached for this node");
                    throw new IpamException(IpamFailure.BlockLimit, "cannot allocate new block due to per host block limit");
                }

                if (!view.Settings.AutoAllocateBlocks)
                    throw new IpamException(IpamFailure.NoBlock, "failed to find or claim a block", "the cluster's settings do not allow to claim blocks automatically");
                block = finder.Claim(request.Reserved);
                if (block is null)
                {
                    if (view.Settings.StrictAffinity)
                        outcome.Messages.Add("No more free affine blocks and strict affinity enabled");
                    return;
                }

                owned++;
            }

            Take(block, onlyOwn: view.Settings.StrictAffinity);
        }
    }

    /// <summary>From blocks that there are, whosever they are. Nothing is claimed.</summary>
    private void Borrow(IReadOnlyList<IpPool> pools, BlockFinder finder)
    {
        foreach (var pool in pools)
        {
            var order = new BlockOrder(pool.Cidr, pool.BlockSize, request.Host, (long)clock.Nanoseconds);
            foreach (var block in finder.BlocksOf(pool, order))
            {
                Take(block, onlyOwn: false);
                if (outcome.IsComplete)
                    return;
            }

            outcome.ExhaustedPools.Add(pool.Cidr.Network);
        }
    }

    private void Take(Entry block, bool onlyOwn)
    {
        var wish = new BlockWish(outcome.Requested - outcome.Addresses.Count, _attribution, onlyOwn ? _owner : null, request.MaxPerFamily);
        var taken = new BlockAssigner(store, clock, counter, view, deadline).Assign(block, wish);
        outcome.Addresses.AddRange(taken);
    }

    private int Limit()
    {
        var (cluster, host) = (view.Settings.MaxBlocksPerHost, request.MaxBlocks);
        var limit = cluster > 0 && host > 0 ? Math.Min(cluster, host) : host > 0 ? host : cluster;
        return limit > 0 ? limit : DefaultMaxBlocks;
    }

    /// <summary>The handle may have no more: what it has is the answer, if that is enough.</summary>
    private void TakeWhatTheHandleHolds(IpamException limit)
    {
        var held = new HandleView(store).AddressesOf(request.Handle!, deadline);
        var mine = new List<Cidr>();
        foreach (var address in held)
        {
            if (address.IsV6 == isV6)
                mine.Add(Cidr.Host(address));
        }

        if (mine.Count < outcome.Requested)
            throw limit;
        outcome.Addresses.Clear();
        outcome.Addresses.AddRange(mine);
    }
}
