using System.Globalization;

namespace CniPlugins.Net;

/// <summary>A 48-bit hardware address; lower-case hexadecimal with colons.</summary>
internal readonly record struct MacAddress(ulong Value)
{
    public const int Size = 6;

    public static MacAddress FromBytes(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        foreach (var b in bytes[..Size])
            value = (value << 8) | b;
        return new MacAddress(value);
    }

    /// <summary>A locally administered unicast address (IEEE 802: second lowest bit of the first byte set, lowest clear).</summary>
    public static MacAddress Random() =>
        new(((ulong)System.Random.Shared.NextInt64(1L << 48) & ~(1UL << 40)) | (1UL << 41));

    /// <summary>Whether it is that of a group (IEEE 802: lowest bit of the first byte), which no interface can have.</summary>
    public bool IsGroup => (Value & (1UL << 40)) != 0;

    /// <summary>Six two-digit groups with colons or hyphens, or three of four digits with dots (Go's net.ParseMAC).</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MacAddress mac)
    {
        mac = default;
        var (digits, separator) = text.Length switch
        {
            17 when text[2] is ':' or '-' => (2, text[2]),
            14 when text[4] == '.' => (4, '.'),
            _ => (0, '\0'),
        };
        if (digits == 0)
            return false;

        ulong value = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (i % (digits + 1) == digits)
            {
                if (text[i] != separator)
                    return false;
            }
            else if (ulong.TryParse(text[i..(i + 1)], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var nibble))
            {
                value = (value << 4) | nibble;
            }
            else
            {
                return false;
            }
        }

        mac = new MacAddress(value);
        return true;
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        for (var i = 0; i < Size; i++)
            bytes[i] = (byte)(Value >> (40 - (8 * i)));
        return bytes;
    }

    public override string ToString() =>
        string.Create(17, Value, static (text, value) =>
        {
            for (var i = 0; i < Size; i++)
            {
                var b = (byte)(value >> (40 - (8 * i)));
                text[3 * i] = "0123456789abcdef"[b >> 4];
                text[(3 * i) + 1] = "0123456789abcdef"[b & 0xf];
                if (i < Size - 1)
                    text[(3 * i) + 2] = ':';
            }
        });
}
