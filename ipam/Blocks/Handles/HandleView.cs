using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Handles;

/// <summary>Which addresses a handle holds.</summary>
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
