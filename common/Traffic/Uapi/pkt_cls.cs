using System.Runtime.InteropServices;

// linux/pkt_cls.h
namespace CniPlugins.Traffic.Uapi;

internal enum TCA_U32 : ushort
{
    CLASSID = 1,
    SEL = 5,
    ACT = 7,
}

[Flags]
internal enum TC_U32 : byte
{
    TERMINAL = 1,
}

internal enum TCA_MATCHALL : ushort
{
    ACT = 2,
}

internal enum TCA_ACT : ushort
{
    KIND = 1,
    OPTIONS = 2,
}

internal enum TC_ACT
{
    OK = 0,
    STOLEN = 4,
}

[StructLayout(LayoutKind.Sequential)]
internal struct tc_u32_sel
{
    public TC_U32 flags;
    public byte offshift;
    public byte nkeys;
    public ushort offmask;
    public ushort off;
    public short offoff;
    public short hoff;
    public uint hmask;
}

[StructLayout(LayoutKind.Sequential)]
internal struct tc_u32_key
{
    public uint mask;
    public uint val;
    public int off;
    public int offmask;
}
