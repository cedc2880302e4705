using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CniPlugins.Netlink.Uapi;

namespace CniPlugins.Netlink;

/// <summary>Walks the attributes of one space: <c>foreach (var a in reply.Attributes&lt;IFLA&gt;(…)) switch (a.Type) …</c>.</summary>
/// <remarks>Fewer bytes than an attribute's header may trail, as padding does; a length that lies is an error, never a read beyond the end.</remarks>
internal ref struct AttributeReader<TAttr>(ReadOnlySpan<byte> bytes)
    where TAttr : unmanaged, Enum
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>The attribute that <see cref="MoveNext"/> found.</summary>
    public NetlinkAttribute<TAttr> Current { get; private set; }

    public readonly AttributeReader<TAttr> GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.Length < Unsafe.SizeOf<nlattr>())
            return false;

        var head = MemoryMarshal.Read<nlattr>(_rest);
        if (head.nla_len < Unsafe.SizeOf<nlattr>() || head.nla_len > _rest.Length)
            throw NetlinkException.Malformed($"read {typeof(TAttr).Name} attributes: length {head.nla_len} of {_rest.Length}");

        var type = (ushort)(head.nla_type & (ushort)~(NLA_F.NESTED | NLA_F.NET_BYTEORDER));
        Current = new NetlinkAttribute<TAttr>(Unsafe.BitCast<ushort, TAttr>(type), _rest[Unsafe.SizeOf<nlattr>()..head.nla_len]);
        _rest = _rest[Math.Min(Cursor.Align(head.nla_len), _rest.Length)..];
        return true;
    }
}
