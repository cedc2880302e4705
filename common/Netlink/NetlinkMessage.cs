using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CniPlugins.Netlink.Uapi;

namespace CniPlugins.Netlink;

/// <summary>One request being written into a borrowed buffer; its own length field is the cursor, so copies always agree.</summary>
internal readonly ref struct NetlinkMessage
{
    private readonly Span<byte> _buffer;

    private NetlinkMessage(Span<byte> buffer) => _buffer = buffer;

    /// <summary>The header, in place.</summary>
    public ref nlmsghdr Header => ref MemoryMarshal.AsRef<nlmsghdr>(_buffer);

    /// <summary>What has been written so far: the message as it goes to the kernel.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer[..(int)Header.nlmsg_len];

    /// <summary>A request of a type with its family's fixed header; NLM_F_REQUEST is added.</summary>
    public static NetlinkMessage Create<TType, THeader>(Span<byte> buffer, TType type, NLM_F flags, THeader header)
        where TType : unmanaged, Enum
        where THeader : unmanaged =>
        Create(buffer, Unsafe.BitCast<TType, ushort>(type), flags, header);

    /// <summary>A request of a type that no enum names (nf_tables: subsystem and message in one number).</summary>
    public static NetlinkMessage Create<THeader>(Span<byte> buffer, ushort type, NLM_F flags, THeader header)
        where THeader : unmanaged
    {
        var message = new NetlinkMessage(buffer);
        ref var head = ref message.Header;
        head = new nlmsghdr { nlmsg_len = (uint)Unsafe.SizeOf<nlmsghdr>(), nlmsg_type = type, nlmsg_flags = flags | NLM_F.REQUEST };
        MemoryMarshal.Write(Cursor.Reserve(buffer, ref head.nlmsg_len, Unsafe.SizeOf<THeader>()), header);
        return message;
    }

    /// <summary>The message's own attributes.</summary>
    public Attributes<TAttr> Attributes<TAttr>()
        where TAttr : unmanaged, Enum =>
        new(_buffer, ref Header.nlmsg_len);
}
