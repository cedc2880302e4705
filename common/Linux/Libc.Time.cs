using System.Runtime.InteropServices;
using Tmds.Linux;

namespace CniPlugins.Linux;

// time.h
internal static partial class Libc
{
    public const int CLOCK_BOOTTIME = 7;

    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial int clock_gettime(int clock, timespec* now);
}
