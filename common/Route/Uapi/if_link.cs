// linux/if_link.h
namespace CniPlugins.Route.Uapi;

internal enum IFLA : ushort
{
    ADDRESS = 1,
    BROADCAST = 2,
    IFNAME = 3,
    MTU = 4,
    LINK = 5,
    QDISC = 6,
    STATS = 7,
    MASTER = 10,
    PROTINFO = 12,
    TXQLEN = 13,
    OPERSTATE = 16,
    LINKMODE = 17,
    LINKINFO = 18,
    NET_NS_PID = 19,
    IFALIAS = 20,
    STATS64 = 23,
    AF_SPEC = 26,
    GROUP = 27,
    NET_NS_FD = 28,
    EXT_MASK = 29,
    PROMISCUITY = 30,
    NUM_TX_QUEUES = 31,
    NUM_RX_QUEUES = 32,
    CARRIER = 33,
    LINK_NETNSID = 37,
    ALT_IFNAME = 53,
    PERM_ADDRESS = 54,
}

internal enum IFLA_INET : ushort
{
    CONF = 1,
}

internal enum IFLA_INET6 : ushort
{
    CONF = 2,
}

internal enum IFLA_INFO : ushort
{
    KIND = 1,
    DATA = 2,
    XSTATS = 3,
    SLAVE_KIND = 4,
    SLAVE_DATA = 5,
}

internal enum IFLA_BR : ushort
{
    FORWARD_DELAY = 1,
    STP_STATE = 5,
    VLAN_FILTERING = 7,
    VLAN_PROTOCOL = 8,
    VLAN_DEFAULT_PVID = 39,
}

internal enum IFLA_BRPORT : ushort
{
    STATE = 1,
    MODE = 4,
    GUARD = 5,
    LEARNING = 8,
    UNICAST_FLOOD = 9,
    ISOLATED = 33,
}

internal enum IFLA_MACVLAN : ushort
{
    MODE = 1,
    BC_QUEUE_LEN = 7,
}

internal enum MACVLAN_MODE : uint
{
    PRIVATE = 1,
    VEPA = 2,
    BRIDGE = 4,
    PASSTHRU = 8,
}

internal enum IFLA_IPVLAN : ushort
{
    MODE = 1,
    FLAGS = 2,
}

internal enum IPVLAN_MODE : ushort
{
    L2 = 0,
    L3 = 1,
    L3S = 2,
}

internal enum IFLA_VLAN : ushort
{
    ID = 1,
    FLAGS = 2,
    PROTOCOL = 5,
}

internal enum IFLA_VRF : ushort
{
    TABLE = 1,
}

internal enum IFLA_TUN : ushort
{
    OWNER = 1,
    GROUP = 2,
    TYPE = 3,
    PERSIST = 6,
    MULTI_QUEUE = 7,
}
