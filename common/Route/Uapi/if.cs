// linux/if.h
namespace CniPlugins.Route.Uapi;

[Flags]
internal enum IFF : uint
{
    UP = 1 << 0,
    BROADCAST = 1 << 1,
    LOOPBACK = 1 << 3,
    POINTOPOINT = 1 << 4,
    RUNNING = 1 << 6,
    NOARP = 1 << 7,
    PROMISC = 1 << 8,
    ALLMULTI = 1 << 9,
    MULTICAST = 1 << 12,
    LOWER_UP = 1 << 16,
    DORMANT = 1 << 17,
}

internal enum IF_OPER : byte
{
    UNKNOWN = 0,
    NOTPRESENT = 1,
    DOWN = 2,
    LOWERLAYERDOWN = 3,
    TESTING = 4,
    DORMANT = 5,
    UP = 6,
}
