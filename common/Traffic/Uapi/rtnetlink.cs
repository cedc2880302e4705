using System.Runtime.InteropServices;

// linux/rtnetlink.h
namespace CniPlugins.Traffic.Uapi;

internal enum RTM : ushort
{
    NEWQDISC = 36,
    DELQDISC = 37,
    GETQDISC = 38,
    NEWTFILTER = 44,
    DELTFILTER = 45,
    GETTFILTER = 46,
}

internal enum TCA : ushort
{
    KIND = 1,
    OPTIONS = 2,
}

[StructLayout(LayoutKind.Sequential)]
internal struct tcmsg
{
    public byte tcm_family;
    public byte tcm__pad1;
    public ushort tcm__pad2;
    public int tcm_ifindex;
    public uint tcm_handle;
    public uint tcm_parent;
    public uint tcm_info;
}
