using System.Runtime.InteropServices;

namespace CniPlugins.Linux;

// unistd.h, sys/resource.h
internal static partial class Libc
{
    public const int RLIMIT_NOFILE = 7;

    /// <summary><c>struct rlimit</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct rlimit
    {
        public ulong rlim_cur;
        public ulong rlim_max;
    }

    [LibraryImport(Name)]
    public static unsafe partial int execv(byte* path, byte** arguments);

    [LibraryImport(Name)]
    public static unsafe partial int getrlimit(int resource, rlimit* limit);

    [LibraryImport(Name)]
    public static unsafe partial int setrlimit(int resource, rlimit* limit);
}
