// sys/socket.h
namespace CniPlugins.Route.Uapi;

internal enum AF : ushort
{
    UNSPEC = 0,
    INET = 2,
    BRIDGE = 7,
    INET6 = 10,
}
