// linux/netfilter/nfnetlink_conntrack.h
namespace CniPlugins.Conntrack.Uapi;

internal enum IPCTNL : ushort
{
    MSG_CT_NEW = 0,
    MSG_CT_GET = 1,
    MSG_CT_DELETE = 2,
    MSG_CT_GET_STATS = 5,
}

internal enum CTA_STATS_GLOBAL : ushort
{
    ENTRIES = 1,
}

internal enum CTA : ushort
{
    TUPLE_ORIG = 1,
    TUPLE_REPLY = 2,
    ID = 12,
    ZONE = 18,
    FILTER = 25,
}

internal enum CTA_TUPLE : ushort
{
    IP = 1,
    PROTO = 2,
    ZONE = 3,
}

internal enum CTA_IP : ushort
{
    V4_SRC = 1,
    V4_DST = 2,
    V6_SRC = 3,
    V6_DST = 4,
}

internal enum CTA_PROTO : ushort
{
    NUM = 1,
    SRC_PORT = 2,
    DST_PORT = 3,
}

internal enum CTA_FILTER : ushort
{
    ORIG_FLAGS = 1,
    REPLY_FLAGS = 2,
}
