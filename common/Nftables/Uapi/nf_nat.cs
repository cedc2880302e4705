// linux/netfilter/nf_nat.h
namespace CniPlugins.Nftables.Uapi;

[Flags]
internal enum NF_NAT_RANGE : uint
{
    MAP_IPS = 0x01,
    PROTO_SPECIFIED = 0x02,
    PROTO_RANDOM = 0x04,
    PERSISTENT = 0x08,
    PROTO_RANDOM_FULLY = 0x10,
}
