using Microsoft.Win32.SafeHandles;

namespace CniPlugins.Linux;

/// <summary>What makes a file itself: device and inode. Two names of one hard-linked file have the same.</summary>
internal readonly record struct FileIdentity(uint DeviceMajor, uint DeviceMinor, ulong Inode)
{
    /// <summary>The identity of a path (symbolic links followed), or null when it cannot be reached.</summary>
    public static unsafe FileIdentity? Of(string path)
    {
        Libc.statx_t file;
        return Libc.statx(Libc.AT_FDCWD, path, 0, Libc.STATX_BASIC_STATS, &file) < 0 ? null : From(file);
    }

    /// <summary>The identity of an open file.</summary>
    public static unsafe FileIdentity Of(SafeFileHandle handle)
    {
        Libc.statx_t file;
        return Libc.fstatx(handle, "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &file) < 0
            ? throw new LibcException(Libc.LastError, "statx")
            : From(file);
    }

    /// <summary>Whether a path leads to a regular file (symbolic links followed).</summary>
    public static unsafe bool IsRegular(string path)
    {
        Libc.statx_t file;
        return Libc.statx(Libc.AT_FDCWD, path, 0, Libc.STATX_BASIC_STATS, &file) == 0 && (file.stx_mode & Libc.S_IFMT) == Libc.S_IFREG;
    }

    private static FileIdentity From(in Libc.statx_t file) => new(file.stx_dev_major, file.stx_dev_minor, file.stx_ino);
}
