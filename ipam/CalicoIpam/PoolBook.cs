using System.Globalization;
using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>The pools of a datastore: made by a person, or by the first call of a network whose configuration names them.</summary>
internal sealed class PoolBook(IDatastore store)
{
    public IReadOnlyList<Entry> All(Deadline deadline) => store.List(new AllPools(), deadline);

    /// <summary>The pool of that name, or with that network.</summary>
    public Entry? Find(string nameOrCidr, Deadline deadline) => All(deadline).FirstOrDefault(entry =>
        entry.Value is IpPool pool && (pool.Name == nameOrCidr || pool.Cidr.ToString() == nameOrCidr));

    /// <summary>Makes a pool that goes with those that are there; code 7 when it does not.</summary>
    public IpPool Add(IpPool pool, Deadline deadline)
    {
        var answers = store.Read([new AllPools(), new AllBlocks(pool.Cidr.Address.IsV6)], deadline);
        PoolDraft.RequireRoom(
            pool, [.. answers[0].Select(entry => entry.As<IpPool>())], answers[1].Select(entry => entry.Key).OfType<BlockKey>().Select(key => key.Cidr));
        var born = pool with
        {
            Metadata = pool.Metadata with
            {
                Uid = Guid.NewGuid().ToString(),
                CreationTimestamp = DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            },
        };
        store.Create(new PoolKey(pool.Name), born, deadline);
        return born;
    }

    /// <summary>
    /// Makes those pools of a configuration that are not there yet. One that is there stays as it is (somebody may have disabled it), but must have the network and
    /// the block size that are configured: code 7.
    /// </summary>
    public void Ensure(IReadOnlyList<IpPool> wanted, Deadline deadline)
    {
        if (wanted.Count == 0)
            return;
        var known = All(deadline);
        foreach (var pool in wanted)
        {
            if (known.FirstOrDefault(entry => entry.Key == new PoolKey(pool.Name)) is { } entry)
                RequireSame(pool, entry.As<IpPool>());
            else
                AddUnlessThere(pool, deadline);
        }
    }

    /// <summary>Another node's first call may make it in this moment.</summary>
    private void AddUnlessThere(IpPool pool, Deadline deadline)
    {
        try
        {
            Add(pool, deadline);
        }
        catch (DatastoreException e) when (e.Failure is DatastoreFailure.AlreadyExists)
        {
            RequireSame(pool, store.Find(new PoolKey(pool.Name), deadline)?.As<IpPool>() ?? pool);
        }
    }

    private static void RequireSame(IpPool wanted, IpPool there)
    {
        if (wanted.Cidr != there.Cidr || wanted.BlockSize != there.BlockSize)
        {
            throw new CniException(
                CniErrorCode.InvalidNetworkConfig,
                $"pool {wanted.Name} is {there.Cidr} with blocks of /{there.BlockSize}, the configuration says {wanted.Cidr} with blocks of /{wanted.BlockSize}",
                "neither can be changed: give the new one another name, or remove the old one (cnitool ipam pool remove)");
        }
    }
}
