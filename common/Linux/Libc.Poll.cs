using System.Runtime.InteropServices;

namespace CniPlugins.Linux;

// poll.h
internal static partial class Libc
{
    public const short POLLIN = 1;
    public const short POLLOUT = 4;

    /// <summary><c>struct pollfd</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct pollfd
    {
        public int fd;
        public short events;
        public short revents;
    }

    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial int poll(pollfd* fds, ulong count, int timeout);
}
