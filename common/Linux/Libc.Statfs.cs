using System.Runtime.InteropServices;

namespace CniPlugins.Linux;

// sys/statfs.h, linux/magic.h
internal static partial class Libc
{
    public const long NSFS_MAGIC = 0x6e736673;
    public const long PROC_SUPER_MAGIC = 0x9fa0;

    /// <summary><c>struct statfs</c>; only the type is read.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 120)]
    public struct statfs_t
    {
        public long f_type;
    }

    /// <summary>statfs(2), again when a signal came first.</summary>
    public static unsafe int statfs(string path, statfs_t* result)
    {
        int status;
        do
            status = statfs_once(path, result);
        while (status < 0 && LastError == Errno.EINTR);
        return status;
    }

    [LibraryImport(Name, EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statfs_once(string path, statfs_t* result);
}
