using System.Runtime.InteropServices;

// linux/pkt_sched.h
namespace CniPlugins.Traffic.Uapi;

internal enum TC_H : uint
{
    INGRESS = 0xFFFFFFF1,
    ROOT = 0xFFFFFFFF,
}

internal enum TCA_TBF : ushort
{
    PARMS = 1,
    RATE64 = 4,
}

[StructLayout(LayoutKind.Sequential)]
internal struct tc_ratespec
{
    public byte cell_log;
    public byte linklayer;
    public ushort overhead;
    public short cell_align;
    public ushort mpu;
    public uint rate;
}

[StructLayout(LayoutKind.Sequential)]
internal struct tc_tbf_qopt
{
    public tc_ratespec rate;
    public tc_ratespec peakrate;
    public uint limit;
    public uint buffer;
    public uint mtu;
}
