using System.Runtime.InteropServices;

// linux/netfilter/nfnetlink.h
namespace CniPlugins.Conntrack.Uapi;

internal enum NFNETLINK : byte
{
    V0 = 0,
}

internal enum NFNL_SUBSYS : ushort
{
    CTNETLINK = 1,
}

[StructLayout(LayoutKind.Sequential)]
internal struct nfgenmsg
{
    public byte nfgen_family;
    public NFNETLINK version;
    public ushort res_id;
}
