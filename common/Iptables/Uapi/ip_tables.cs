// linux/netfilter_ipv4/ip_tables.h, linux/netfilter_ipv6/ip6_tables.h
namespace CniPlugins.Iptables.Uapi;

internal enum IPT_SO
{
    GET_INFO = 64,
    GET_ENTRIES = 65,
}

internal enum IP6T_SO
{
    GET_INFO = 64,
    GET_ENTRIES = 65,
}

internal unsafe struct ipt_getinfo
{
    public fixed byte name[32];
    public uint valid_hooks;
    public fixed uint hook_entry[5];
    public fixed uint underflow[5];
    public uint num_entries;
    public uint size;
}
