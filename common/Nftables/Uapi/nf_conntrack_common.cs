// linux/netfilter/nf_conntrack_common.h
namespace CniPlugins.Nftables.Uapi;

[Flags]
internal enum IPS : uint
{
    EXPECTED = 0x001,
    SEEN_REPLY = 0x002,
    ASSURED = 0x004,
    CONFIRMED = 0x008,
    SRC_NAT = 0x010,
    DST_NAT = 0x020,
    DYING = 0x200,
}

internal enum IP_CT
{
    ESTABLISHED = 0,
    RELATED = 1,
    NEW = 2,
}
