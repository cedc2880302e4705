// sys/socket.h
namespace CniPlugins.Route.Uapi;

internal enum AF : byte
{
    UNSPEC = 0,
    INET = 2,
    BRIDGE = 7,
    INET6 = 10,
}
