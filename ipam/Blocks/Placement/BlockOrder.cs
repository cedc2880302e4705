using System.Text;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Placement;

/// <summary>
/// The order in which a host tries a pool's blocks: all of them, one after the other, beginning at one that follows from the host's name, so that hosts rarely meet.
/// Upstream's order, so that both put a host's blocks in the same places.
/// </summary>
internal sealed class BlockOrder
{
    private readonly Cidr _pool;
    private readonly int _blockSize;
    private readonly UInt128 _start;

    /// <param name="pool">The pool.</param>
    /// <param name="blockSize">The prefix length of its blocks; at most 127 more than the pool's.</param>
    /// <param name="host">The host; its name in UTF-8 is the seed.</param>
    /// <param name="now">The seed where blocks are single addresses, in ns: upstream does not want an order there.</param>
    public BlockOrder(Cidr pool, int blockSize, string host, long now)
    {
        _pool = pool.Network;
        _blockSize = blockSize;
        var seed = blockSize == pool.Address.Bits ? now : Fnv1(host);
        _start = new GoRandom(seed).Below(blockSize - pool.PrefixLength);
    }

    /// <summary>How many blocks there are.</summary>
    public UInt128 Count => UInt128.One << (_blockSize - _pool.PrefixLength);

    /// <summary>The block whose turn is after so many others.</summary>
    public Cidr At(UInt128 turn) => new(_pool.Address.Plus(((_start + turn) & (Count - 1)) << HostBits), _blockSize);

    /// <summary>After how many others a block's turn is.</summary>
    public UInt128 TurnOf(Cidr block) => unchecked(((block.First.Value - _pool.Address.Value) >> HostBits) - _start) & (Count - 1);

    /// <summary>How many blocks from a turn on end no later than an address, without going past the pool's end.</summary>
    public UInt128 BlocksUntil(UInt128 turn, IpAddress last)
    {
        var end = last.Value > _pool.Last.Value ? _pool.Last.Value : last.Value;
        return (end - At(turn).First.Value + 1) >> HostBits;
    }

    /// <summary>FNV-1 (not 1a) of 32 bits.</summary>
    public static uint Fnv1(string text)
    {
        var hash = 2166136261;
        foreach (var b in Encoding.UTF8.GetBytes(text))
            hash = unchecked(hash * 16777619) ^ b;
        return hash;
    }

    private int HostBits => _pool.Address.Bits - _blockSize;
}
