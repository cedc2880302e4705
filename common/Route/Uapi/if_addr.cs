using System.Runtime.InteropServices;

// linux/if_addr.h
namespace CniPlugins.Route.Uapi;

internal enum IFA : ushort
{
    ADDRESS = 1,
    LOCAL = 2,
    LABEL = 3,
    BROADCAST = 4,
    ANYCAST = 5,
    CACHEINFO = 6,
    MULTICAST = 7,
    FLAGS = 8,
    RT_PRIORITY = 9,
}

[Flags]
internal enum IFA_F : uint
{
    SECONDARY = 0x01,
    TEMPORARY = SECONDARY,
    NODAD = 0x02,
    OPTIMISTIC = 0x04,
    DADFAILED = 0x08,
    HOMEADDRESS = 0x10,
    DEPRECATED = 0x20,
    TENTATIVE = 0x40,
    PERMANENT = 0x80,
    MANAGETEMPADDR = 0x100,
    NOPREFIXROUTE = 0x200,
    MCAUTOJOIN = 0x400,
    STABLE_PRIVACY = 0x800,
}

[StructLayout(LayoutKind.Sequential)]
internal struct ifaddrmsg
{
    public byte ifa_family;
    public byte ifa_prefixlen;
    public byte ifa_flags;
    public byte ifa_scope;
    public int ifa_index;
}
