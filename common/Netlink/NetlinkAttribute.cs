using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace CniPlugins.Netlink;

/// <summary>One attribute of a reply; each accessor insists on the width it reads.</summary>
internal readonly ref struct NetlinkAttribute<TAttr>(TAttr type, ReadOnlySpan<byte> bytes)
    where TAttr : unmanaged, Enum
{
    /// <summary>Which one it is, without the two flag bits; may be newer than the enum.</summary>
    public TAttr Type { get; } = type;

    /// <summary>The payload as it came.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public byte Byte => Exactly(sizeof(byte))[0];

    public ushort UInt16 => Value<ushort>();

    public uint UInt32 => Value<uint>();

    public int Int32 => Value<int>();

    public ulong UInt64 => Value<ulong>();

    public ushort UInt16Net => BinaryPrimitives.ReadUInt16BigEndian(Exactly(sizeof(ushort)));

    public uint UInt32Net => BinaryPrimitives.ReadUInt32BigEndian(Exactly(sizeof(uint)));

    public ulong UInt64Net => BinaryPrimitives.ReadUInt64BigEndian(Exactly(sizeof(ulong)));

    /// <summary>Text up to its NUL, or all of it when there is none.</summary>
    public string String => Encoding.UTF8.GetString(Bytes.IndexOf((byte)0) is var end and >= 0 ? Bytes[..end] : Bytes);

    /// <summary>A number or a kernel struct of exactly this size, in the machine's byte order.</summary>
    public T Value<T>()
        where T : unmanaged =>
        MemoryMarshal.Read<T>(Exactly(Unsafe.SizeOf<T>()));

    /// <summary>The attributes inside, after a fixed header of so many bytes where there is one.</summary>
    public AttributeReader<TInner> Nested<TInner>(int headerSize = 0)
        where TInner : unmanaged, Enum =>
        new(Bytes.Length >= headerSize ? Bytes[headerSize..] : throw Wrong($"at least {headerSize}"));

    /// <summary>The payload, which must be of this size.</summary>
    public ReadOnlySpan<byte> Exactly(int size) => Bytes.Length == size ? Bytes : throw Wrong($"{size}");

    private NetlinkException Wrong(string expected) =>
        NetlinkException.Malformed($"read {typeof(TAttr).Name}_{Type}: {Bytes.Length} bytes instead of {expected}");
}
