namespace CniPlugins.Linux;

// sys/socket.h
internal static partial class Libc
{
    public const int SO_NETNS_COOKIE = 71;
}
