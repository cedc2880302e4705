using System.Buffers.Binary;
using System.Globalization;

namespace CniPlugins.Net;

/// <summary>An IPv4 or IPv6 address without zone, with the arithmetic that ranges need and exactly Go's text forms.</summary>
/// <remarks>
/// System.Net.IPAddress reads octal and partial forms and writes some IPv6 addresses with an embedded dotted quad (ISATAP, IPv4-compatible);
/// the names of host-local's files would then differ from upstream's. IPv4-mapped IPv6 is IPv4 here, as in Go.
/// </remarks>
internal readonly record struct IpAddress : IComparable<IpAddress>
{
    private IpAddress(UInt128 value, bool isV6)
    {
        Value = value;
        IsV6 = isV6;
    }

    /// <summary>The address as a number, in its family's width.</summary>
    public UInt128 Value { get; }

    public bool IsV6 { get; }

    /// <summary>The width in bits: 32 or 128.</summary>
    public int Bits => IsV6 ? 128 : 32;

    /// <summary>The width in bytes: 4 or 16.</summary>
    public int Size => IsV6 ? 16 : 4;

    public static IpAddress V4(uint value) => new(value, isV6: false);

    /// <summary>An IPv6 address from its number; an IPv4-mapped one becomes IPv4.</summary>
    public static IpAddress V6(UInt128 value) => value >> 32 == 0xffff ? new((uint)value, isV6: false) : new(value, isV6: true);

    /// <summary>From 4 or 16 bytes in network order.</summary>
    public static IpAddress FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => V4(BinaryPrimitives.ReadUInt32BigEndian(bytes)),
        16 => V6(BinaryPrimitives.ReadUInt128BigEndian(bytes)),
        _ => throw new ArgumentException($"an address has 4 or 16 bytes, not {bytes.Length}", nameof(bytes)),
    };

    public static IpAddress Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"invalid IP address: {text}");

    /// <summary>Dotted quad without leading zeros, or RFC 4291 text; no zones, brackets, ports or prefixes.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IpAddress address)
    {
        address = default;
        if (text.Contains(':'))
        {
            if (!TryParseV6(text, out var v6))
                return false;
            address = V6(v6);
            return true;
        }

        if (!TryParseV4(text, out var v4))
            return false;
        address = V4(v4);
        return true;
    }

    /// <summary>The address so many further on, within the family's width (wrapping at its end).</summary>
    public IpAddress Plus(UInt128 count) => WithValue(unchecked(Value + count));

    /// <summary>Another address of the same family.</summary>
    public IpAddress WithValue(UInt128 value) => new(IsV6 ? value : (uint)value, IsV6);

    /// <summary>The next address (wrapping at the end of the family's space).</summary>
    public IpAddress Next => Plus(1);

    /// <summary>Writes <see cref="Size"/> bytes in network order.</summary>
    public void CopyTo(Span<byte> bytes)
    {
        if (IsV6)
            BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        else
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Value);
    }

    /// <summary>The bytes in network order.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Orders IPv4 before IPv6, then by number.</summary>
    public int CompareTo(IpAddress other) => IsV6 == other.IsV6 ? Value.CompareTo(other.Value) : IsV6.CompareTo(other.IsV6);

    public static bool operator <(IpAddress a, IpAddress b) => a.CompareTo(b) < 0;
    public static bool operator >(IpAddress a, IpAddress b) => a.CompareTo(b) > 0;
    public static bool operator <=(IpAddress a, IpAddress b) => a.CompareTo(b) <= 0;
    public static bool operator >=(IpAddress a, IpAddress b) => a.CompareTo(b) >= 0;

    /// <summary>Dotted quad, or RFC 5952 text without embedded dotted quads (Go's net.IP.String).</summary>
    public override string ToString() => IsV6 ? FormatV6() : FormatV4();

    private string FormatV4()
    {
        var v = (uint)Value;
        return $"{v >> 24}.{(v >> 16) & 0xff}.{(v >> 8) & 0xff}.{v & 0xff}";
    }

    private string FormatV6()
    {
        Span<ushort> groups = stackalloc ushort[8];
        for (var i = 0; i < 8; i++)
            groups[i] = (ushort)(Value >> (112 - (16 * i)));

        var (gap, gapLength) = LongestZeros(groups);
        Span<char> text = stackalloc char[39];
        var length = 0;
        for (var i = 0; i < 8; i++)
        {
            if (i == gap)
            {
                text[length++] = ':';
                text[length++] = ':';
                i += gapLength - 1;
                continue;
            }

            if (i > 0 && i != gap + gapLength)
                text[length++] = ':';
            groups[i].TryFormat(text[length..], out var written, "x", CultureInfo.InvariantCulture);
            length += written;
        }

        return new string(text[..length]);
    }

    /// <summary>The run that "::" stands for: the first longest of at least two zero groups (RFC 5952 section 4.2).</summary>
    private static (int Start, int Length) LongestZeros(ReadOnlySpan<ushort> groups)
    {
        var (start, length) = (-9, 0);
        for (var i = 0; i < 8; i++)
        {
            var end = i;
            while (end < 8 && groups[end] == 0)
                end++;
            if (end - i > Math.Max(length, 1))
                (start, length) = (i, end - i);
            i = Math.Max(i, end - 1);
        }

        return (start, length);
    }

    private static bool TryParseV4(ReadOnlySpan<char> text, out uint value)
    {
        value = 0;
        var rest = text;
        for (var i = 0; i < 4; i++)
        {
            var end = i < 3 ? rest.IndexOf('.') : rest.Length;
            if (end is < 1 or > 3 || (end > 1 && rest[0] == '0') || rest[..end].ContainsAnyExceptInRange('0', '9') // the platform takes NULs behind a number
                || !byte.TryParse(rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var octet))
                return false;
            value = (value << 8) | octet;
            rest = i < 3 ? rest[(end + 1)..] : [];
        }

        return true;
    }

    private static bool TryParseV6(ReadOnlySpan<char> text, out UInt128 value)
    {
        value = 0;
        var gap = text.IndexOf("::");
        if (gap < 0)
            return TryParseGroups(text, out value, out var all) && all == 8;
        if (text[(gap + 1)..].Contains("::", StringComparison.Ordinal))
            return false;
        if (!TryParseGroups(text[..gap], out var head, out var headCount) || !TryParseGroups(text[(gap + 2)..], out var tail, out var tailCount)
            || headCount + tailCount > 7 || text[..gap].Contains('.'))
            return false;
        value = (headCount == 0 ? 0 : head << (16 * (8 - headCount))) | tail;
        return true;
    }

    /// <summary>Groups separated by single colons; the last may be a dotted quad, which counts as two.</summary>
    private static bool TryParseGroups(ReadOnlySpan<char> text, out UInt128 value, out int count)
    {
        value = 0;
        count = 0;
        while (!text.IsEmpty)
        {
            var end = text.IndexOf(':');
            var group = end < 0 ? text : text[..end];
            if (end < 0 && group.Contains('.'))
            {
                if (!TryParseV4(group, out var quad))
                    return false;
                value = (value << 32) | quad;
                count += 2;
                return count <= 8;
            }

            if (group.Length is < 1 or > 4 || group.Contains('\0') || !ushort.TryParse(group, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var part))
                return false;
            value = (value << 16) | part;
            if (++count > 8 || end == text.Length - 1)
                return false;
            text = end < 0 ? [] : text[(end + 1)..];
        }

        return true;
    }
}
