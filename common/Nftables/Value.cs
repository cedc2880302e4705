using System.Buffers.Binary;
using System.Text;
using CniPlugins.Net;

namespace CniPlugins.Nftables;

/// <summary>One value as nft writes and the kernel stores it: <c>10.1.0.2</c>, <c>tcp</c>, <c>8080</c>; no type is wider than 128 bits.</summary>
internal readonly record struct Value
{
    private readonly UInt128 _bits; // as one big number, whatever the byte order of the type

    private Value(DataType type, UInt128 bits)
    {
        Type = type;
        _bits = bits;
    }

    public DataType Type { get; }

    public static Value Of(IpAddress address) => new(address.IsV6 ? DataType.Ipv6Addr : DataType.Ipv4Addr, address.Value);

    public static Value Of(MacAddress mac) => new(DataType.EtherAddr, mac.Value);

    public static Value Of(Protocol protocol) => new(DataType.InetProto, (byte)protocol);

    public static Value Port(ushort port) => new(DataType.InetService, port);

    public static Value Mark(uint mark) => new(DataType.Mark, mark);

    public static Value IfName(string name)
    {
        Span<byte> bytes = stackalloc byte[DataType.IfName.Size()];
        bytes.Clear();
        Encoding.UTF8.GetBytes(name, bytes[..^1]);
        return Read(DataType.IfName, bytes);
    }

    /// <summary>From as many bytes as the type has.</summary>
    public static Value Read(DataType type, ReadOnlySpan<byte> bytes)
    {
        Span<byte> wide = stackalloc byte[16];
        wide.Clear();
        var slot = wide[^type.Size()..];
        bytes[..slot.Length].CopyTo(slot);
        if (type.IsHostOrder() && BitConverter.IsLittleEndian)
            slot.Reverse();
        return new Value(type, BinaryPrimitives.ReadUInt128BigEndian(wide));
    }

    /// <summary>Writes as many bytes as the type has.</summary>
    public void CopyTo(Span<byte> bytes)
    {
        Span<byte> wide = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(wide, _bits);
        var slot = bytes[..Type.Size()];
        wide[^slot.Length..].CopyTo(slot);
        if (Type.IsHostOrder() && BitConverter.IsLittleEndian)
            slot.Reverse();
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[Type.Size()];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>The address, of the two address types only.</summary>
    public IpAddress Address => Type switch
    {
        DataType.Ipv4Addr => IpAddress.V4((uint)_bits),
        DataType.Ipv6Addr => IpAddress.V6(_bits),
        _ => throw new InvalidOperationException($"{Type.Word()} is no address"),
    };

    /// <summary>The number, of types that are at most 64 bits wide: a protocol, a port, a mark.</summary>
    public ulong Number => checked((ulong)_bits);

    public override string ToString() => Type switch
    {
        DataType.Ipv4Addr or DataType.Ipv6Addr => Address.ToString(),
        DataType.EtherAddr => new MacAddress(Number).ToString(),
        DataType.InetProto => ((Protocol)Number).Word(),
        DataType.IfName => $"\"{Encoding.UTF8.GetString(ToBytes()).TrimEnd('\0')}\"",
        DataType.Mark => $"0x{Number:x8}",
        _ => Number.ToString(),
    };
}
