using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CniPlugins.Linux;

// sched.h
internal static partial class Libc
{
    public const int CLONE_NEWNET = 0x40000000;

    [LibraryImport(Name, SetLastError = true)]
    public static partial int setns(SafeFileHandle fd, int type);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int unshare(int flags);
}
