using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CniPlugins.Linux;

// fcntl.h
internal static partial class Libc
{
    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    public const int O_TRUNC = 0x200;
    public const int O_APPEND = 0x400;
    public const int O_NONBLOCK = 0x800;
    public const int O_NOFOLLOW = 0x20000;
    public const int O_DIRECTORY = 0x10000;
    public const int O_CLOEXEC = 0x80000;
    public const int O_PATH = 0x200000;
    public const int F_OFD_SETLK = 37;
    public const short F_WRLCK = 1;
    public const short SEEK_SET = 0;
    public const int AT_FDCWD = -100;
    public const int AT_SYMLINK_NOFOLLOW = 0x100;
    public const int AT_EMPTY_PATH = 0x1000;

    /// <summary><c>struct flock</c>, whose name here is that of the function.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct file_lock
    {
        public short l_type;
        public short l_whence;
        public long l_start;
        public long l_len;
        public int l_pid;
    }

    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial int fcntl(SafeFileHandle fd, int command, file_lock* argument);

    /// <summary>open(2), again when a signal came first, as it may on file systems that ask somebody else.</summary>
    public static SafeFileHandle open(string path, int flags, uint mode)
    {
        while (true)
        {
            var file = open_once(path, flags, mode);
            if (!file.IsInvalid || LastError != Errno.EINTR)
                return file;
            file.Dispose();
        }
    }

    /// <summary>openat(2), of a file whose file system answers by itself, so that no signal comes first (/proc).</summary>
    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle openat(SafeFileHandle directory, string path, int flags, uint mode);

    [LibraryImport(Name, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open_once(string path, int flags, uint mode);
}
