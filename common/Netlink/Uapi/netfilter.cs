// linux/netfilter.h
namespace CniPlugins.Netlink.Uapi;

/// <summary>Verdicts that end the walk, then the places where base chains hook in.</summary>
internal enum NF
{
    DROP = 0,
    ACCEPT = 1,

    INET_PRE_ROUTING = 0,
    INET_LOCAL_IN = 1,
    INET_FORWARD = 2,
    INET_LOCAL_OUT = 3,
    INET_POST_ROUTING = 4,
}

internal enum NFPROTO : byte
{
    UNSPEC = 0,
    INET = 1,
    IPV4 = 2,
    BRIDGE = 7,
    IPV6 = 10,
}
