using System.Runtime.InteropServices;

namespace CniPlugins.Linux;

// sys/file.h
internal static partial class Libc
{
    public const int LOCK_EX = 2;
    public const int LOCK_NB = 4;

    [LibraryImport(Name, SetLastError = true)]
    public static partial int flock(int fd, int operation);
}
