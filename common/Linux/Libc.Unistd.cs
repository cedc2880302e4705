using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CniPlugins.Linux;

// unistd.h
internal static partial class Libc
{
    public const int STDIN_FILENO = 0;
    public const int STDOUT_FILENO = 1;
    public const int STDERR_FILENO = 2;
    public const int W_OK = 2;
    public const int X_OK = 1;

    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial nint read(SafeFileHandle fd, byte* buffer, nint count);

    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial nint write(SafeFileHandle fd, byte* buffer, nint count);

    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial nint pwrite(SafeFileHandle fd, byte* buffer, nint count, long offset);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int ftruncate(SafeFileHandle fd, long length);

    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int access(string path, int mode);

    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial int pipe2(int* fds, int flags);

    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int link(string from, string to);

    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int unlink(string path);

    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static unsafe partial nint readlink(string path, byte* buffer, nint size);
}
