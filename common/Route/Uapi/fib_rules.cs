using System.Runtime.InteropServices;

// linux/fib_rules.h
namespace CniPlugins.Route.Uapi;

internal enum FRA : ushort
{
    DST = 1,
    SRC = 2,
    IIFNAME = 3,
    PRIORITY = 6,
    FWMARK = 10,
    TABLE = 15,
    OIFNAME = 17,
}

internal enum FR_ACT : byte
{
    UNSPEC = 0,
    TO_TBL = 1,
}

[StructLayout(LayoutKind.Sequential)]
internal struct fib_rule_hdr
{
    public byte family;
    public byte dst_len;
    public byte src_len;
    public byte tos;
    public byte table;
    public byte res1;
    public byte res2;
    public FR_ACT action;
    public uint flags;
}
