using System.Runtime.InteropServices;
using Tmds.Linux;

namespace CniPlugins.Linux;

// poll.h
internal static partial class Libc
{
    /// <summary>poll(2) with its errno, which Tmds.LibC's does not keep.</summary>
    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial int poll(pollfd* fds, ulong count, int timeout);
}
