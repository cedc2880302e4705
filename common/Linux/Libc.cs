using System.Runtime.InteropServices;
using Tmds.Linux;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace CniPlugins.Linux;

/// <summary>What Tmds.LibC has not of the C library, under its own names, one file per header.</summary>
/// <remarks>
/// Only this floor speaks C. In the unit tests a C compiler compares what is here, and what is used of Tmds.LibC, with the
/// system's headers.
/// </remarks>
internal static partial class Libc
{
    private const string Name = "libc";

    /// <summary>The errno of the last call that failed on this thread.</summary>
    public static Errno LastError => (Errno)LibC.errno;
}
