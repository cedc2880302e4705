using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Inspection;

/// <summary>An address that is held, or rests: whose, where, and its number for a release that must not hit anybody else.</summary>
/// <param name="Address">The address.</param>
/// <param name="Block">Its block.</param>
/// <param name="BlockAffinity">Whose block that is, as text; null is nobody's.</param>
/// <param name="Holder">Whose the address is; with ReleasedAt, it rests.</param>
/// <param name="SequenceNumber">The block's number when it was given out.</param>
internal sealed record AddressHolder(IpAddress Address, Cidr Block, string? BlockAffinity, Attribution Holder, ulong SequenceNumber)
{
    /// <summary>The node that has it, by its attributes, or null.</summary>
    public string? Node => Holder.Owner is { } owner && owner.TryGetValue("node", out var node) ? node : null;

    /// <summary>Whether a node has it out of another one's block.</summary>
    public bool IsBorrowed => Node is { } node && BlockOwner.Parse(BlockAffinity) is { Type: AffinityType.Host } owner && owner.Name != node;

    /// <summary>Who holds an address, wherever its block is; null when nobody does.</summary>
    public static AddressHolder? Find(IDatastore store, IpAddress address, Deadline deadline)
    {
        foreach (var entry in store.List(new AllPools(), deadline))
        {
            if (entry.Value is IpPool pool && pool.Cidr.Contains(address) && store.Find(new BlockKey(pool.BlockOf(address)), deadline) is { } block)
                return FindIn(block.As<Block>(), address);
        }

        foreach (var entry in store.List(new AllBlocks(address.IsV6), deadline))
        {
            if (((BlockKey)entry.Key).Cidr.Contains(address))
                return FindIn(entry.As<Block>(), address);
        }

        return null;
    }

    /// <summary>Everybody in a block, ascending.</summary>
    public static IEnumerable<AddressHolder> In(Block block)
    {
        for (var ordinal = 0; ordinal < block.Size; ordinal++)
        {
            if (block.Allocations[ordinal] != Model.Block.Free)
                yield return new AddressHolder(
                    block.AddressOf(ordinal), block.Cidr, block.Affinity, block.Attributes[block.Allocations[ordinal]],
                    block.AllocatedAt.TryGetValue(ordinal, out var number) ? number : 0);
        }
    }

    private static AddressHolder? FindIn(Block block, IpAddress address)
    {
        foreach (var holder in In(block))
        {
            if (holder.Address == address)
                return holder;
        }

        return null;
    }
}
