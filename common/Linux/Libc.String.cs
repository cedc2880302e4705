using System.Runtime.InteropServices;

namespace CniPlugins.Linux;

// string.h
internal static partial class Libc
{
    /// <summary>The name of an error number (<c>ENOENT</c>), which nobody frees; null where it has none.</summary>
    [LibraryImport(Name)]
    public static partial nint strerrorname_np(int errno);
}
