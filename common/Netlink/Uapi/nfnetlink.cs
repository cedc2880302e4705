using System.Runtime.InteropServices;

// linux/netlink.h, linux/netfilter/nfnetlink.h
namespace CniPlugins.Netlink.Uapi;

internal enum NFNETLINK : byte
{
    V0 = 0,
}

internal enum NFNL_SUBSYS : byte
{
    CTNETLINK = 1,
    NFTABLES = 10,
}

internal enum NFNL_MSG : ushort
{
    BATCH_BEGIN = 0x10,
    BATCH_END = 0x11,
}

internal enum NFNL_BATCH : ushort
{
    GENID = 1,
}

[StructLayout(LayoutKind.Sequential)]
internal struct nfgenmsg
{
    public NFPROTO nfgen_family;
    public NFNETLINK version;
    public ushort res_id;
}
