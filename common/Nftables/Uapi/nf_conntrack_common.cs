// linux/netfilter/nf_conntrack_common.h
namespace CniPlugins.Nftables.Uapi;

internal enum IP_CT
{
    ESTABLISHED = 0,
    RELATED = 1,
    NEW = 2,
}
