using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Linux;

namespace CniPlugins.Cnitool.Addresses;

/// <summary>Takes a pool out of a datastore: first nobody gets anything of it any more, then its empty blocks go, then it.</summary>
internal sealed class PoolRemoval(IDatastore store)
{
    // An ADD that has read the pools before may still be on its way to a block.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Throws, and leaves the pool disabled, while somebody has an address of it.</summary>
    public IpPool Run(Entry entry, Deadline deadline)
    {
        var pool = entry.As<IpPool>();
        if (!pool.Disabled)
        {
            entry = store.Update(entry, pool with { Disabled = true }, deadline);
            Sleep.For(Pause);
        }

        var blocks = store.List(new AllBlocks(pool.Cidr.Address.IsV6), deadline).Where(block => block.Key is BlockKey key && pool.Cidr.Contains(key.Cidr.First)).ToList();
        if (blocks.Sum(block => Used(block.As<Block>())) is > 0 and var used)
        {
            throw new CniException(
                $"pool {pool.Name}: {used} of its addresses are in use; it is disabled now, and nothing else was changed",
                "remove it when those pods are gone (cnitool ipam show --show-addresses), or enable it again");
        }

        new BlockIpam(store).ReleasePoolAffinities(pool.Cidr, deadline);
        store.Delete(entry, deadline);
        return pool;
    }

    private static int Used(Block block) => block.Allocations.Count(index => index != Block.Free);
}
