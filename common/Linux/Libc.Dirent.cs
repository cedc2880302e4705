using System.Runtime.InteropServices;

namespace CniPlugins.Linux;

// dirent.h
internal static partial class Libc
{
    /// <summary><c>struct dirent64</c>, which ends with a name of up to 255 bytes and a NUL.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public unsafe struct dirent64
    {
        public ulong d_ino;
        public long d_off;
        public ushort d_reclen;
        public byte d_type;
        public fixed byte d_name[256];
    }

    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint opendir(string path);

    /// <summary>readdir64(3): the next entry, in memory of the directory's; null at the end (errno 0) and for an error.</summary>
    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial dirent64* readdir64(nint directory);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int closedir(nint directory);
}
