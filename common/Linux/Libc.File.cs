using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CniPlugins.Linux;

// sys/file.h
internal static partial class Libc
{
    public const int LOCK_EX = 2;
    public const int LOCK_NB = 4;

    [LibraryImport(Name, SetLastError = true)]
    public static partial int flock(SafeFileHandle fd, int operation);
}
