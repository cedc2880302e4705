using System.Runtime.InteropServices;

// linux/netlink.h
namespace CniPlugins.Netlink.Uapi;

/// <summary>The protocols of AF_NETLINK sockets, then their options (at SOL_NETLINK).</summary>
internal enum NETLINK
{
    ROUTE = 0,
    NETFILTER = 12,

    ADD_MEMBERSHIP = 1,
    CAP_ACK = 10,
    EXT_ACK = 11,
    GET_STRICT_CHK = 12,
}

[Flags]
internal enum NLM_F : ushort
{
    REQUEST = 0x01,
    MULTI = 0x02,
    ACK = 0x04,
    ECHO = 0x08,
    DUMP_INTR = 0x10,
    DUMP_FILTERED = 0x20,

    // of a GET request
    ROOT = 0x100,
    MATCH = 0x200,
    DUMP = ROOT | MATCH,

    // of a NEW request
    REPLACE = 0x100,
    EXCL = 0x200,
    CREATE = 0x400,
    APPEND = 0x800,

    // of a DELETE request
    NONREC = 0x100,
    BULK = 0x200,

    // of an acknowledgement
    CAPPED = 0x100,
    ACK_TLVS = 0x200,
}

internal enum NLMSG : ushort
{
    NOOP = 1,
    ERROR = 2,
    DONE = 3,
    OVERRUN = 4,
    MIN_TYPE = 0x10,
    ALIGNTO = 4,
}

internal enum NLMSGERR_ATTR : ushort
{
    UNUSED = 0,
    MSG = 1,
    OFFS = 2,
    COOKIE = 3,
    POLICY = 4,
    MISS_TYPE = 5,
    MISS_NEST = 6,
}

/// <summary>The two bits that share the type field of an attribute with its type.</summary>
[Flags]
internal enum NLA_F : ushort
{
    NESTED = 0x8000,
    NET_BYTEORDER = 0x4000,
}

[StructLayout(LayoutKind.Sequential)]
internal struct nlmsghdr
{
    public uint nlmsg_len;
    public ushort nlmsg_type;
    public NLM_F nlmsg_flags;
    public uint nlmsg_seq;
    public uint nlmsg_pid;
}

[StructLayout(LayoutKind.Sequential)]
internal struct nlattr
{
    public ushort nla_len;
    public ushort nla_type;
}

[StructLayout(LayoutKind.Sequential)]
internal struct nlmsgerr
{
    public int error;
    public nlmsghdr msg;
}

[StructLayout(LayoutKind.Sequential)]
internal struct sockaddr_nl
{
    public ushort nl_family;
    public ushort nl_pad;
    public uint nl_pid;
    public uint nl_groups;
}
