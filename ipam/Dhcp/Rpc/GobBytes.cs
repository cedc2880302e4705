using System.Buffers.Binary;

namespace CniPlugins.Ipam.Dhcp.Rpc;

/// <summary>Reads the numbers and bytes that gobs are made of (encoding/gob, "Encoding Details").</summary>
internal ref struct GobBytes(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly int Length => _rest.Length;

    /// <summary>A byte up to 127 is itself; else it is the negated count of the big-endian bytes that follow.</summary>
    public ulong ReadUnsigned()
    {
        var first = Take(1)[0];
        if (first <= 0x7f)
            return first;
        var count = 256 - first;
        if (count > sizeof(ulong))
            throw new GobException("encoded unsigned integer out of range");
        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        padded.Clear();
        Take(count).CopyTo(padded[(sizeof(ulong) - count)..]);
        return BinaryPrimitives.ReadUInt64BigEndian(padded);
    }

    /// <summary>The sign is the lowest bit; a negative number's others are complemented.</summary>
    public long ReadSigned()
    {
        var bits = ReadUnsigned();
        return (bits & 1) != 0 ? ~(long)(bits >> 1) : (long)(bits >> 1);
    }

    /// <summary>A count of what follows, of which each takes a byte at least.</summary>
    public int ReadCount()
    {
        var count = ReadUnsigned();
        return count <= (ulong)_rest.Length ? (int)count : throw new GobException($"{count} of {_rest.Length} bytes");
    }

    public ReadOnlySpan<byte> ReadBytes() => Take(ReadCount());

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
            throw new GobException("unexpected end");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
