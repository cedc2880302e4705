using System.Runtime.InteropServices;

namespace CniPlugins.Linux;

// time.h
internal static partial class Libc
{
    public const int CLOCK_BOOTTIME = 7;

    /// <summary><c>struct timespec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct timespec
    {
        public long tv_sec;
        public long tv_nsec;
    }

    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial int clock_gettime(int clock, timespec* now);
}
