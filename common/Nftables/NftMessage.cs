using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>Requests to nf_tables: subsystem and message share the type, and every one begins with its family.</summary>
internal static class NftMessage
{
    public static NetlinkMessage Create(Span<byte> buffer, NFT_MSG type, NLM_F flags, Family family) =>
        NetlinkMessage.Create(buffer, (ushort)(((int)NFNL_SUBSYS.NFTABLES << 8) | (byte)type), flags, new nfgenmsg
        {
            nfgen_family = (NFPROTO)family,
            version = NFNETLINK.V0,
        });

    /// <summary>NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END: of no family, and for this subsystem.</summary>
    public static NetlinkMessage Create(Span<byte> buffer, NFNL_MSG type) =>
        NetlinkMessage.Create(buffer, type, 0, new nfgenmsg
        {
            nfgen_family = NFPROTO.UNSPEC,
            version = NFNETLINK.V0,
            res_id = BitConverter.IsLittleEndian ? (ushort)((int)NFNL_SUBSYS.NFTABLES << 8) : (ushort)NFNL_SUBSYS.NFTABLES,
        });
}
