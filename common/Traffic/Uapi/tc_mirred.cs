using System.Runtime.InteropServices;

// linux/tc_act/tc_mirred.h
namespace CniPlugins.Traffic.Uapi;

internal enum TCA_MIRRED : ushort
{
    PARMS = 2,
}

internal enum TCA_EGRESS
{
    REDIR = 1,
}

[StructLayout(LayoutKind.Sequential)]
internal struct tc_mirred
{
    public uint index;
    public uint capab;
    public TC_ACT action;
    public int refcnt;
    public int bindcnt;
    public TCA_EGRESS eaction;
    public int ifindex;
}
