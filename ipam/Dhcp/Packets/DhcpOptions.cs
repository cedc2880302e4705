using System.Buffers.Binary;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Dhcp.Packets;

/// <summary>The options of a message, by number, each with its bytes.</summary>
internal sealed class DhcpOptions
{
    private const byte Pad = 0;
    private const byte End = 255;
    private const int LongestPart = 255;

    private readonly SortedDictionary<byte, byte[]> _options = [];

    public DhcpOptions Set(byte code, params ReadOnlySpan<byte> value)
    {
        _options[code] = value.ToArray();
        return this;
    }

    public byte[]? Find(byte code) => _options.GetValueOrDefault(code);

    public byte? Byte(byte code) => Find(code) is [var value] ? value : null;

    /// <summary>A number; one that a server sends twice is longer, and the first counts.</summary>
    public uint? UInt32(byte code) => Find(code) is { Length: >= sizeof(uint) } value ? BinaryPrimitives.ReadUInt32BigEndian(value) : null;

    /// <summary>The first of an option's addresses.</summary>
    public IpAddress? Address(byte code) => Find(code) is { Length: >= 4 } value ? IpAddress.FromBytes(value.AsSpan(0, 4)) : null;

    /// <summary>In ascending order; a value that is too long for one option is several (RFC 3396).</summary>
    public byte[] ToBytes()
    {
        var bytes = new List<byte>();
        foreach (var (code, value) in _options)
        {
            var rest = value.AsSpan();
            do
            {
                var part = rest[..Math.Min(rest.Length, LongestPart)];
                bytes.Add(code);
                bytes.Add((byte)part.Length);
                bytes.AddRange(part);
                rest = rest[part.Length..];
            }
            while (!rest.IsEmpty);
        }

        bytes.Add(End);
        return [.. bytes];
    }

    /// <summary>
    /// Options, and those that overflowed into the fields before them (option 52: 1 the file name, 2 the server's name, 3 both); null when a length
    /// leads out of its field or the end is missing.
    /// </summary>
    public static DhcpOptions? Read(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> file, ReadOnlySpan<byte> serverName)
    {
        var options = new DhcpOptions();
        if (!options.Add(bytes))
            return null;
        var overload = options.Byte(OptionCode.Overload) ?? 0;
        if ((overload & 1) != 0 && !options.Add(file))
            return null;
        return (overload & 2) != 0 && !options.Add(serverName) ? null : options;
    }

    private bool Add(ReadOnlySpan<byte> field)
    {
        while (!field.IsEmpty)
        {
            var code = field[0];
            if (code == End)
                return true;
            if (code == Pad)
            {
                field = field[1..];
                continue;
            }

            if (field.Length < 2 || field.Length < 2 + field[1])
                return false;
            var value = field.Slice(2, field[1]);
            _options[code] = [.. _options.GetValueOrDefault(code) ?? [], .. value];
            field = field[(2 + value.Length)..];
        }

        return false;
    }
}
