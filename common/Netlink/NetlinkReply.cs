using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CniPlugins.Linux;
using CniPlugins.Netlink.Uapi;

namespace CniPlugins.Netlink;

/// <summary>One message from the kernel, in the socket's buffer until the next is read.</summary>
internal readonly ref struct NetlinkReply(nlmsghdr header, ReadOnlySpan<byte> payload)
{
    /// <summary>The message type as a number; control messages are below NLMSG_MIN_TYPE.</summary>
    public ushort Type { get; } = header.nlmsg_type;

    public NLM_F Flags { get; } = header.nlmsg_flags;

    public uint Sequence { get; } = header.nlmsg_seq;

    /// <summary>Everything after the netlink header.</summary>
    public ReadOnlySpan<byte> Payload { get; } = payload;

    /// <summary>The family's fixed header at the start of the payload.</summary>
    public THeader Header<THeader>()
        where THeader : unmanaged =>
        Payload.Length >= Unsafe.SizeOf<THeader>()
            ? MemoryMarshal.Read<THeader>(Payload)
            : throw NetlinkException.Malformed($"read {typeof(THeader).Name}: {Payload.Length} bytes");

    /// <summary>The attributes after that header.</summary>
    public AttributeReader<TAttr> Attributes<TAttr, THeader>()
        where TAttr : unmanaged, Enum
        where THeader : unmanaged
    {
        var start = Cursor.Align(Unsafe.SizeOf<THeader>());
        return new AttributeReader<TAttr>(Payload.Length > start ? Payload[start..] : []);
    }

    /// <summary>This NLMSG_ERROR as an acknowledgement: errno 0 is success.</summary>
    public NetlinkAck ToAck()
    {
        var error = Header<nlmsgerr>();

        // The refused request follows its header, unless the kernel says that it left it out.
        var start = Unsafe.SizeOf<nlmsgerr>();
        if (!Flags.HasFlag(NLM_F.CAPPED))
            start += Cursor.Align((int)Math.Min(error.msg.nlmsg_len, (uint)Payload.Length)) - Unsafe.SizeOf<nlmsghdr>();
        return ExtendedAt(start, new NetlinkAck(Sequence, (Errno)(-error.error), null));
    }

    /// <summary>The outcome at the end of a dump: this NLMSG_DONE as an acknowledgement.</summary>
    public NetlinkAck ToDone()
    {
        // libnl's elders accepted an empty DONE, and so do we; a negative number is the dump's failure.
        var error = Payload.Length >= sizeof(int) ? MemoryMarshal.Read<int>(Payload) : 0;
        return ExtendedAt(sizeof(int), new NetlinkAck(Sequence, (Errno)(-Math.Min(error, 0)), null));
    }

    private NetlinkAck ExtendedAt(int start, NetlinkAck ack)
    {
        if (!Flags.HasFlag(NLM_F.ACK_TLVS) || start < 0 || start > Payload.Length)
            return ack;
        foreach (var attribute in new AttributeReader<NLMSGERR_ATTR>(Payload[start..]))
        {
            if (attribute.Type == NLMSGERR_ATTR.MSG)
                ack = ack with { ExtAck = attribute.String };
            else if (attribute.Type == NLMSGERR_ATTR.OFFS)
                ack = ack with { Offset = attribute.Int32 };
        }

        return ack;
    }
}
