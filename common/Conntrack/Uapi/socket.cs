// sys/socket.h
namespace CniPlugins.Conntrack.Uapi;

internal enum AF : byte
{
    INET = 2,
    INET6 = 10,
}
