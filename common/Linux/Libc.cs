using System.Runtime.InteropServices;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace CniPlugins.Linux;

/// <summary>The C library's functions and constants under their own names, one file per header.</summary>
/// <remarks>
/// Constants and struct layouts are compared with the system's headers by a C compiler in the unit tests. Only this floor and
/// <see cref="Netlink.NetlinkSocket"/> call it.
/// </remarks>
internal static partial class Libc
{
    private const string Name = "libc";

    /// <summary>The errno of the last call that failed on this thread.</summary>
    public static Errno LastError => (Errno)Marshal.GetLastPInvokeError();
}
