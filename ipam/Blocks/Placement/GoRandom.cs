namespace CniPlugins.Ipam.Blocks.Placement;

/// <summary>Go's math/rand with a seed (rngSource): an additive lagged Fibonacci generator of 607 words with a tap at 273.</summary>
internal sealed class GoRandom
{
    private const int Length = 607;
    private const int Tap = 273;
    private const long Modulus = int.MaxValue;
    private const int Discarded = 20;

    private readonly ulong[] _state = new ulong[Length];
    private int _tap;
    private int _feed = Length - Tap;

    public GoRandom(long seed)
    {
        var x = seed % Modulus;
        x = x < 0 ? x + Modulus : x == 0 ? 89482311 : x;
        for (var i = 0; i < Discarded; i++)
            x = Step(x);
        for (var i = 0; i < Length; i++)
        {
            var word = (ulong)(x = Step(x)) << 40;
            word ^= (ulong)(x = Step(x)) << 20;
            word ^= (ulong)(x = Step(x));
            _state[i] = word ^ AdvancedState.Words[i];
        }
    }

    /// <summary>The next 64 bits (Go: Uint64).</summary>
    public ulong NextWord()
    {
        _tap = _tap == 0 ? Length - 1 : _tap - 1;
        _feed = _feed == 0 ? Length - 1 : _feed - 1;
        return _state[_feed] = unchecked(_state[_feed] + _state[_tap]);
    }

    /// <summary>The next 32 bits, from a word of 64 (Go: Uint32).</summary>
    public uint NextHalf() => (uint)((NextWord() & long.MaxValue) >> 31);

    /// <summary>
    /// A number below 2^bits as math/big draws it: it draws one bit more than the result has, and draws again while that bit is set. 127 bits at most.
    /// </summary>
    public UInt128 Below(int bits)
    {
        var limit = UInt128.One << bits;
        var words = (bits / 64) + 1; // of a limit of bits + 1 bits
        var mask = (limit << 1) - 1; // wraps to all ones for 127
        while (true)
        {
            UInt128 value = 0;
            for (var i = 0; i < words; i++)
                value |= (UInt128)(NextHalf() | ((ulong)NextHalf() << 32)) << (64 * i);
            value &= mask;
            if (value < limit)
                return value;
        }
    }

    private static long Step(long x) => x * 48271 % Modulus;
}
