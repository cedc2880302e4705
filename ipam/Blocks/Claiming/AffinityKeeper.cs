using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Claiming;

/// <summary>Releases the blocks of whole hosts and pools: what operators do.</summary>
internal sealed class AffinityKeeper(IDatastore store, Clock clock)
{
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
}
