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

    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static unsafe partial int statfs(string path, statfs_t* result);
}
