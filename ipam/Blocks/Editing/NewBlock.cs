using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.Blocks.Pools;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Editing;

/// <summary>A block that is not stored yet.</summary>
internal static class NewBlock
{
    /// <summary>All of it free, in ascending order, but for the ordinals that its owner keeps back.</summary>
    public static Block For(Cidr cidr, BlockOwner owner, Clock clock, ReservedOrdinals? reserved = null)
    {
        var size = 1 << (cidr.Address.Bits - cidr.PrefixLength);
        var (allocations, unallocated) = (new int[size], new int[size]);
        for (var ordinal = 0; ordinal < size; ordinal++)
            (allocations[ordinal], unallocated[ordinal]) = (Block.Free, ordinal);
        var block = new Block(cidr)
        {
            Affinity = owner.ToString(),
            ClaimedAt = clock.Now,
            Allocations = allocations,
            Unallocated = unallocated,
            SequenceNumber = clock.Nanoseconds,
        };
        return reserved is null || cidr.Address.IsV6 ? block : KeepBack(block, reserved, clock);
    }

    private static Block KeepBack(Block block, ReservedOrdinals reserved, Clock clock)
    {
        var draft = new BlockDraft(block, clock.Now, 0);
        for (var ordinal = 0; ordinal < block.Size; ordinal++)
        {
            if (ordinal < reserved.AtStart || ordinal >= block.Size - reserved.AtEnd)
                draft.AssignExactly(ordinal, reserved.Owner);
        }

        return draft.ToBlock() with { SequenceNumber = block.SequenceNumber };
    }
}
