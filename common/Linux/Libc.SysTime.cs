using System.Runtime.InteropServices;

namespace CniPlugins.Linux;

// sys/time.h
internal static partial class Libc
{
    /// <summary><c>struct timeval</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct timeval
    {
        public long tv_sec;
        public long tv_usec;
    }
}
