using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.Blocks.Pools;

namespace CniPlugins.Ipam.Blocks.Inspection;

/// <summary>Counts what is in use (upstream: GetUtilization).</summary>
internal static class UsageReport
{
    public static ClusterUsage Read(IDatastore store, Deadline deadline)
    {
        var answers = store.Read([new AllPools(), new AllReservations(), new AllBlocks()], deadline);
        var reserved = ReservedRanges.Of(answers[1].As<IpReservation>());
        var blocks = new List<BlockUsage>();
        foreach (var block in Readable<Block>(answers[2]))
            blocks.Add(Of(block, reserved));
        blocks.Sort((a, b) => a.Block.Cidr.First.CompareTo(b.Block.Cidr.First));
        var pools = new List<PoolUsage>();
        foreach (var pool in Readable<IpPool>(answers[0]))
            pools.Add(Of(pool, blocks.FindAll(block => pool.Cidr.Contains(block.Block.Cidr.First)), reserved));
        var orphans = blocks.FindAll(block => !pools.Exists(pool => pool.Pool.Cidr.Contains(block.Block.Cidr.First)));
        return new ClusterUsage(pools, orphans);
    }

    /// <summary>Counts one block.</summary>
    public static BlockUsage Of(Block block, ReservedRanges reserved)
    {
        var (inUse, resting, available) = (0, 0, 0);
        for (var ordinal = 0; ordinal < block.Size; ordinal++)
        {
            if (block.Allocations[ordinal] == Block.Free)
                available += reserved.Contains(block.AddressOf(ordinal)) ? 0 : 1;
            else if (block.Attributes[block.Allocations[ordinal]].ReleasedAt is not null)
                resting++;
            else
                inUse++;
        }

        return new BlockUsage(block, new Usage((UInt128)block.Size, (UInt128)inUse, (UInt128)resting, reserved.CountIn(block.Cidr), (UInt128)available));
    }

    private static PoolUsage Of(IpPool pool, List<BlockUsage> blocks, ReservedRanges reserved)
    {
        var capacity = UInt128.One << Math.Min(127, pool.Cidr.Address.Bits - pool.Cidr.PrefixLength);
        var kept = reserved.CountIn(pool.Cidr);
        UInt128 inUse = 0, resting = 0, available = 0, inBlocks = 0, keptInBlocks = 0;
        foreach (var (_, usage) in blocks)
        {
            inUse += usage.InUse;
            resting += usage.Resting;
            available += usage.Available;
            inBlocks += usage.Capacity;
            keptInBlocks += usage.Reserved;
        }

        available += capacity - inBlocks - (kept - keptInBlocks);
        return new PoolUsage(pool, new Usage(capacity, inUse, resting, kept, available), blocks);
    }

    /// <summary>What cannot be read is left out here; the check names it.</summary>
    private static List<T> Readable<T>(IReadOnlyList<Entry> entries)
        where T : Resource
    {
        var readable = new List<T>(entries.Count);
        foreach (var entry in entries)
        {
            if (entry.Value is T value)
                readable.Add(value);
        }

        return readable;
    }
}
