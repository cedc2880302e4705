using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Model;

/// <summary>How many addresses a handle has in which blocks (Calico's IPAMHandle); its ID is in the key. Never fewer than the blocks say.</summary>
internal sealed record BlockHandle(IReadOnlyList<HandleCount> Counts) : Resource
{
    public static BlockHandle Of(Cidr block, int count) => new([new(block, count)]);

    /// <summary>The count for a block; 0 for one that is not named.</summary>
    public int CountIn(Cidr block)
    {
        foreach (var count in Counts)
        {
            if (count.Block == block)
                return count.Count;
        }

        return 0;
    }

    /// <summary>The same handle with another count for a block; 0 takes the block out.</summary>
    public BlockHandle With(Cidr block, int count)
    {
        var counts = new List<HandleCount>(Counts.Count + 1);
        foreach (var other in Counts)
        {
            if (other.Block != block)
                counts.Add(other);
        }

        if (count > 0)
            counts.Add(new HandleCount(block, count));
        return this with { Counts = counts };
    }
}

/// <summary>A block and the number of a handle's addresses in it.</summary>
internal readonly record struct HandleCount(Cidr Block, int Count);
