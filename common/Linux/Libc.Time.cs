using System.Runtime.InteropServices;
using Tmds.Linux;

namespace CniPlugins.Linux;

// time.h
internal static partial class Libc
{
    public const int CLOCK_MONOTONIC = 1;
    public const int CLOCK_BOOTTIME = 7;

    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial int clock_gettime(int clock, timespec* now);

    /// <summary>Returns the error number itself; what was left then is in <paramref name="remaining"/>.</summary>
    [LibraryImport(Name)]
    public static unsafe partial int clock_nanosleep(int clock, int flags, timespec* time, timespec* remaining);
}
