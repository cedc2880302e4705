using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CniPlugins.Linux;

// sys/socket.h
internal static partial class Libc
{
    public const int AF_NETLINK = 16;
    public const int SOCK_RAW = 3;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SOL_SOCKET = 1;
    public const int SOL_NETLINK = 270;
    public const int SO_SNDBUF = 7;
    public const int SO_RCVBUF = 8;
    public const int SO_RCVTIMEO = 20;
    public const int SO_SNDBUFFORCE = 32;
    public const int SO_RCVBUFFORCE = 33;
    public const int SO_NETNS_COOKIE = 71;
    public const int MSG_PEEK = 0x2;
    public const int MSG_TRUNC = 0x20;

    [LibraryImport(Name, SetLastError = true)]
    public static partial SafeFileHandle socket(int domain, int type, int protocol);

    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial int connect(SafeFileHandle fd, void* address, uint length);

    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial int getsockname(SafeFileHandle fd, void* address, uint* length);

    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial int setsockopt(SafeFileHandle fd, int level, int option, void* value, uint length);

    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial int getsockopt(SafeFileHandle fd, int level, int option, void* value, uint* length);

    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial nint send(SafeFileHandle fd, byte* data, nint length, int flags);

    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial nint recv(SafeFileHandle fd, byte* data, nint length, int flags);
}
