using System.Runtime.InteropServices;

// linux/rtnetlink.h
namespace CniPlugins.Route.Uapi;

internal enum RTM : ushort
{
    NEWLINK = 16,
    DELLINK = 17,
    GETLINK = 18,
    SETLINK = 19,
    NEWADDR = 20,
    DELADDR = 21,
    GETADDR = 22,
    NEWROUTE = 24,
    DELROUTE = 25,
    GETROUTE = 26,
    NEWNEIGH = 28,
    NEWRULE = 32,
    DELRULE = 33,
    GETRULE = 34,
    GETNETCONF = 82,
}

/// <summary>Groups of listeners, to join by NETLINK_ADD_MEMBERSHIP.</summary>
internal enum RTNLGRP
{
    IPV6_IFADDR = 9,
}

internal enum RTN : byte
{
    UNSPEC = 0,
    UNICAST = 1,
    LOCAL = 2,
    BROADCAST = 3,
    ANYCAST = 4,
    MULTICAST = 5,
    BLACKHOLE = 6,
    UNREACHABLE = 7,
    PROHIBIT = 8,
    THROW = 9,
}

internal enum RTPROT : byte
{
    UNSPEC = 0,
    REDIRECT = 1,
    KERNEL = 2,
    BOOT = 3,
    STATIC = 4,
    RA = 9,
    DHCP = 16,
}

internal enum RT_SCOPE : byte
{
    UNIVERSE = 0,
    SITE = 200,
    LINK = 253,
    HOST = 254,
    NOWHERE = 255,
}

internal enum RT_TABLE : uint
{
    UNSPEC = 0,
    COMPAT = 252,
    DEFAULT = 253,
    MAIN = 254,
    LOCAL = 255,
}

internal enum RTA : ushort
{
    DST = 1,
    SRC = 2,
    IIF = 3,
    OIF = 4,
    GATEWAY = 5,
    PRIORITY = 6,
    PREFSRC = 7,
    METRICS = 8,
    MULTIPATH = 9,
    TABLE = 15,
    VIA = 18,
    PREF = 20,
}

internal enum RTAX : ushort
{
    MTU = 2,
    ADVMSS = 8,
}

[Flags]
internal enum RTNH_F : uint
{
    DEAD = 1,
    ONLINK = 4,
    LINKDOWN = 16,
}

[Flags]
internal enum RTEXT_FILTER : uint
{
    VF = 1,
    BRVLAN = 2,
    BRVLAN_COMPRESSED = 4,
    SKIP_STATS = 8,
}

[StructLayout(LayoutKind.Sequential)]
internal struct rtmsg
{
    public byte rtm_family;
    public byte rtm_dst_len;
    public byte rtm_src_len;
    public byte rtm_tos;
    public byte rtm_table;
    public RTPROT rtm_protocol;
    public RT_SCOPE rtm_scope;
    public RTN rtm_type;
    public RTNH_F rtm_flags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct rtnexthop
{
    public ushort rtnh_len;
    public byte rtnh_flags;
    public byte rtnh_hops;
    public int rtnh_ifindex;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ifinfomsg
{
    public byte ifi_family;
    public byte __ifi_pad;
    public ushort ifi_type;
    public int ifi_index;
    public IFF ifi_flags;
    public IFF ifi_change;
}
