using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.Blocks.Pools;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Claiming;

/// <summary>Claims and releases whole networks, hosts and pools: what operators do.</summary>
internal sealed class AffinityKeeper(IDatastore store, Clock clock)
{
    /// <summary>Claims every block of a network that is in an enabled pool; those that are somebody else's are in the second list.</summary>
    /// <exception cref="IpamException">NoPool; Invalid: the network is smaller than a block.</exception>
    public (IReadOnlyList<Cidr> Claimed, IReadOnlyList<Cidr> Failed) Claim(Cidr network, BlockOwner owner, Deadline deadline)
    {
        var pools = store.List(new AllPools(), deadline).As<IpPool>();
        var pool = PoolSelection.FindEnabled(pools, network.First)
            ?? throw new IpamException(IpamFailure.NoPool, $"the requested CIDR ({network}) is not within any configured pools");
        if (network.PrefixLength > pool.BlockSize)
            throw new IpamException(IpamFailure.Invalid, $"The requested CIDR ({network}) is smaller than the minimum.");
        if (network.PrefixLength < pool.Cidr.PrefixLength)
            throw new IpamException(IpamFailure.NoPool, $"the requested CIDR ({network}) is not within any configured pools");
        var (claimed, failed) = (new List<Cidr>(), new List<Cidr>());
        for (var block = new Cidr(network.First, pool.BlockSize); ; block = new Cidr(block.Last.Next, pool.BlockSize))
        {
            (ClaimBlock(new AffinityKey(owner, block), deadline) ? claimed : failed).Add(block);
            if (block.Last == network.Last)
                return (claimed, failed);
        }
    }

    /// <summary>Releases every block of a network that the owner has; what is not its own, or not there, or not empty if that is asked for, stays.</summary>
    public int Release(Cidr network, BlockOwner owner, bool onlyIfEmpty, Deadline deadline)
    {
        var released = 0;
        foreach (var entry in store.List(new AffinitiesOf(owner, network.Address.IsV6), deadline))
        {
            var key = (AffinityKey)entry.Key;
            if (network.Contains(key.Cidr.First) && LetGo(key, onlyIfEmpty, deadline) == LetGoResult.Released)
                released++;
        }

        return released;
    }

    /// <summary>Releases all blocks of an owner, both families; returns those that stay because they hold addresses.</summary>
    public IReadOnlyList<Cidr> ReleaseAll(BlockOwner owner, bool onlyIfEmpty, Deadline deadline)
    {
        var kept = new List<Cidr>();
        foreach (var entry in store.List(new AffinitiesOf(owner), deadline))
        {
            var key = (AffinityKey)entry.Key;
            if (LetGo(key, onlyIfEmpty, deadline) == LetGoResult.NotEmpty)
                kept.Add(key.Cidr);
        }

        return kept;
    }

    /// <summary>Releases the blocks of a pool, whosever they are; blocks that hold addresses lose their owner only.</summary>
    public void ReleasePool(Cidr pool, Deadline deadline)
    {
        foreach (var type in new[] { AffinityType.Host, AffinityType.Virtual })
        {
            foreach (var entry in store.List(new AllAffinities(type), deadline))
            {
                var key = (AffinityKey)entry.Key;
                if (pool.Contains(key.Cidr.First))
                    LetGo(key, onlyIfEmpty: false, deadline);
            }
        }
    }

    private LetGoResult LetGo(AffinityKey key, bool onlyIfEmpty, Deadline deadline)
    {
        var settings = store.Find(new SettingsKey(), deadline)?.As<BlockSettings>() ?? new BlockSettings();
        var claims = new Claims(store, clock, deadline);
        for (var attempts = new Attempts(clock, deadline); ; attempts.Again($"release {key}"))
        {
            try
            {
                return claims.LetGo(key, onlyIfEmpty, sequenceNumber: null, settings.CooldownSeconds);
            }
            catch (DatastoreException e) when (e.Failure is DatastoreFailure.RevisionConflict or DatastoreFailure.NotFound)
            {
                continue;
            }
        }
    }

    private bool ClaimBlock(AffinityKey key, Deadline deadline)
    {
        var claims = new Claims(store, clock, deadline);
        for (var attempts = new Attempts(clock, deadline); ; attempts.Again($"claim {key}"))
        {
            try
            {
                return claims.Open(claims.Announce(key)).Result == ClaimResult.Owned;
            }
            catch (DatastoreException e) when (e.Failure is DatastoreFailure.RevisionConflict or DatastoreFailure.NotFound)
            {
                continue;
            }
        }
    }
}
