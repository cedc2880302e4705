using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Inspection;

/// <summary>Which addresses a handle holds, and who holds an address.</summary>
internal sealed class HandleView(IDatastore store)
{
    /// <summary>The addresses of a handle, by block and ascending; none when there is no such handle. Resting ones are not its any more.</summary>
    public IReadOnlyList<IpAddress> AddressesOf(string handle, Deadline deadline)
    {
        var addresses = new List<IpAddress>();
        if (store.Find(new HandleKey(handle), deadline) is not { } stored)
            return addresses;
        var counts = stored.As<BlockHandle>().Counts;
        var keys = new List<Query>(counts.Count);
        foreach (var count in counts)
            keys.Add(new BlockKey(count.Block));
        foreach (var answer in keys.Count == 0 ? [] : store.Read(keys, deadline))
        {
            if (answer is [var entry, ..])
                AddAddresses(entry.As<Block>(), handle, addresses);
        }

        return addresses;
    }

    /// <summary>Who holds an address, wherever its block is; null when nobody does.</summary>
    public AddressHolder? HolderOf(IpAddress address, Deadline deadline)
    {
        foreach (var entry in store.List(new AllPools(), deadline))
        {
            if (entry.Value is IpPool pool && pool.Cidr.Contains(address) && store.Find(new BlockKey(pool.BlockOf(address)), deadline) is { } block)
                return Holder(block, address);
        }

        foreach (var entry in store.List(new AllBlocks(address.IsV6), deadline))
        {
            if (((BlockKey)entry.Key).Cidr.Contains(address))
                return Holder(entry, address);
        }

        return null;
    }

    private static AddressHolder? Holder(Entry block, IpAddress address)
    {
        foreach (var holder in AddressHolder.In(block.As<Block>()))
        {
            if (holder.Address == address)
                return holder;
        }

        return null;
    }

    private static void AddAddresses(Block block, string handle, List<IpAddress> addresses)
    {
        for (var ordinal = 0; ordinal < block.Size; ordinal++)
        {
            if (block.Allocations[ordinal] is not Block.Free and var index && block.Attributes[index] is { ReleasedAt: null, HandleId: { } id }
                && Attribution.Clean(id) == handle)
                addresses.Add(block.AddressOf(ordinal));
        }
    }
}
