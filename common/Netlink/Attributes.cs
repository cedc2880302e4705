using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using CniPlugins.Netlink.Uapi;

namespace CniPlugins.Netlink;

/// <summary>Writes attributes of one space (IFLA_*, RTA_*, …) at the end of a message; disposing it closes the nest it stands for.</summary>
/// <remarks>Dispose is only a method: <c>using</c> takes it by pattern, and at the top level, where nothing is open, nobody need call it.</remarks>
internal readonly ref struct Attributes<TAttr>
    where TAttr : unmanaged, Enum
{
    private readonly Span<byte> _buffer;
    private readonly ref uint _length;
    private readonly int _start; // where the nest's own header is; 0 at the top level, which has none

    internal Attributes(Span<byte> buffer, ref uint length, int start = 0)
    {
        _buffer = buffer;
        _length = ref length;
        _start = start;
    }

    /// <summary>An attribute of so many zero bytes, for the caller to fill before anything else is written.</summary>
    public Span<byte> Reserve(TAttr attr, int size)
    {
        var slot = Cursor.Reserve(_buffer, ref _length, Unsafe.SizeOf<nlattr>() + size);
        MemoryMarshal.Write(slot, new nlattr { nla_len = checked((ushort)slot.Length), nla_type = TypeOf(attr) });
        return slot[Unsafe.SizeOf<nlattr>()..];
    }

    /// <summary>Bytes as they are.</summary>
    public void Put(TAttr attr, ReadOnlySpan<byte> value) => value.CopyTo(Reserve(attr, value.Length));

    /// <summary>Text in UTF-8 with its final NUL.</summary>
    public void Put(TAttr attr, string value) =>
        Encoding.UTF8.GetBytes(value, Reserve(attr, Encoding.UTF8.GetByteCount(value) + 1));

    /// <summary>Text in UTF-8 without a NUL, for the few attributes that are counted strings (IFLA_IFALIAS).</summary>
    public void PutCounted(TAttr attr, string value) =>
        Encoding.UTF8.GetBytes(value, Reserve(attr, Encoding.UTF8.GetByteCount(value)));

    /// <summary>An attribute that says everything by being there.</summary>
    public void PutFlag(TAttr attr) => Reserve(attr, 0);

    public void Put(TAttr attr, byte value) => Reserve(attr, sizeof(byte))[0] = value;

    public void Put(TAttr attr, ushort value) => PutValue(attr, value);

    public void Put(TAttr attr, uint value) => PutValue(attr, value);

    public void Put(TAttr attr, int value) => PutValue(attr, value);

    public void Put(TAttr attr, ulong value) => PutValue(attr, value);

    public void PutNet(TAttr attr, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Reserve(attr, sizeof(ushort)), value);

    public void PutNet(TAttr attr, uint value) => BinaryPrimitives.WriteUInt32BigEndian(Reserve(attr, sizeof(uint)), value);

    public void PutNet(TAttr attr, int value) => BinaryPrimitives.WriteInt32BigEndian(Reserve(attr, sizeof(int)), value);

    public void PutNet(TAttr attr, ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Reserve(attr, sizeof(ulong)), value);

    /// <summary>A number or a kernel struct in the machine's byte order.</summary>
    public void PutValue<T>(TAttr attr, T value)
        where T : unmanaged =>
        MemoryMarshal.Write(Reserve(attr, Unsafe.SizeOf<T>()), value);

    /// <summary>Opens an attribute that holds attributes of another space: <c>using var info = link.Nest&lt;IFLA_INFO&gt;(…)</c>.</summary>
    public Attributes<TInner> Nest<TInner>(TAttr attr)
        where TInner : unmanaged, Enum
    {
        var start = (int)_length;
        var slot = Cursor.Reserve(_buffer, ref _length, Unsafe.SizeOf<nlattr>());
        MemoryMarshal.Write(slot, new nlattr { nla_type = (ushort)(TypeOf(attr) | (ushort)NLA_F.NESTED) });
        return new Attributes<TInner>(_buffer, ref _length, start);
    }

    /// <summary>Opens a nest that begins with a fixed header (VETH_INFO_PEER).</summary>
    public Attributes<TInner> Nest<TInner, THeader>(TAttr attr, THeader header)
        where TInner : unmanaged, Enum
        where THeader : unmanaged
    {
        var nest = Nest<TInner>(attr);
        MemoryMarshal.Write(Cursor.Reserve(_buffer, ref _length, Unsafe.SizeOf<THeader>()), header);
        return nest;
    }

    /// <summary>Closes the nest: its header learns how long it became.</summary>
    public void Dispose()
    {
        if (_start != 0)
            MemoryMarshal.Write(_buffer[_start..], checked((ushort)(_length - _start)));
    }

    private static ushort TypeOf(TAttr attr) => Unsafe.BitCast<TAttr, ushort>(attr);
}
