using CniPlugins.Ipam.Blocks.Claiming;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.Blocks.Pools;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Assigning;

/// <summary>Tells the host's affinities that a request may use from those that are none of its business, and from those whose pool is not for this node any more.</summary>
internal sealed class StrayAffinities(Claims claims, Clock clock, Deadline deadline, ClusterView view)
{
    /// <summary>The affinities in usable pools, in their order. Empty blocks of pools that do not select the node any more are given back.</summary>
    public List<Entry> Sort(IReadOnlyList<Entry> affinities, PoolSelection selection, IReadOnlyDictionary<string, string> nodeLabels)
    {
        var usable = new List<Entry>(affinities.Count);
        foreach (var affinity in affinities)
        {
            var key = (AffinityKey)affinity.Key;
            if (IsIn(selection.Usable, key.Cidr))
                usable.Add(affinity);
            else if (!IsIn(selection.Selecting, key.Cidr) && PoolSelection.FindEnabled(view.Pools, key.Cidr.First) is { } pool
                && !PoolSelection.Selects(pool, nodeLabels))
                GiveBack(key);
        }

        return usable;
    }

    private void GiveBack(AffinityKey key)
    {
        for (var attempts = new Attempts(clock, deadline); ; attempts.Again($"release {key}"))
        {
            try
            {
                claims.LetGo(key, onlyIfEmpty: true, sequenceNumber: null, view.Settings.CooldownSeconds);
                return;
            }
            catch (DatastoreException e) when (e.Failure is DatastoreFailure.RevisionConflict or DatastoreFailure.NotFound)
            {
                continue;
            }
            catch (DatastoreException e) when (e.Failure == DatastoreFailure.Corrupt)
            {
                Linux.StandardError.WriteLine(e.Message); // in a pool that this request does not use
                return;
            }
        }
    }

    private static bool IsIn(IReadOnlyList<IpPool> pools, Cidr block)
    {
        foreach (var pool in pools)
        {
            if (pool.Cidr.Contains(block.First))
                return true;
        }

        return false;
    }
}
