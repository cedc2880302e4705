using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniPlugins.Linux;

/// <summary>lstat(1): what a path itself is (links are not followed), which one, and when its content last changed.</summary>
internal readonly record struct FileStatus(uint Kind, ulong Inode, long ModifiedNanoseconds)
{
    public bool IsRegular => Kind == (ushort)S_IFREG;

    public bool IsDirectory => Kind == (ushort)S_IFDIR;

    public bool IsLink => Kind == (ushort)S_IFLNK;

    /// <summary>The status of a path, or null when nothing is there; throws <see cref="LibcException"/> naming the path for anything else.</summary>
    public static FileStatus? Of(string path)
    {
        if (TryRead(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, out var file) is var failure and not Errno.None)
            return failure is Errno.ENOENT or Errno.ENOTDIR ? null : throw new LibcException(failure, $"stat {path}");
        var modified = (file.stx_mtime.tv_sec * 1_000_000_000) + file.stx_mtime.tv_nsec;
        return new FileStatus(KindOf(file), file.stx_ino, modified);
    }

    /// <summary>Whether a path leads to a regular file (symbolic links followed).</summary>
    public static bool LeadsToRegular(string path) =>
        TryRead(AT_FDCWD, path, 0, out var file) is Errno.None && KindOf(file) == (ushort)S_IFREG;

    /// <summary>Whether a path leads to a regular file that this process may execute.</summary>
    public static bool LeadsToExecutable(string path) => LeadsToRegular(path) && TryAccess(path, X_OK) is Errno.None;

    /// <summary>
    /// Whether the content changed between a moment (CLOCK_BOOTTIME, ns) and now. A time that is yet to come is of before somebody set the clock back.
    /// </summary>
    public bool ChangedSince(long moment)
    {
        var now = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
        return ModifiedNanoseconds > now - (BootClock.Nanoseconds - moment) && ModifiedNanoseconds <= now;
    }

    /// <summary>touch -m -d: sets when a file or directory says it last changed; false when that is refused.</summary>
    public static unsafe bool TrySetModified(string path, long nanoseconds)
    {
        var times = stackalloc timespec[2];
        times[0].tv_nsec = UTIME_OMIT;
        times[1].tv_sec = Math.DivRem(nanoseconds, 1_000_000_000, out var rest);
        times[1].tv_nsec = (int)rest;
        fixed (byte* name = CString.Of(path, stackalloc byte[CString.Usual]))
            return utimensat(AT_FDCWD, name, times, AT_SYMLINK_NOFOLLOW) == 0;
    }

    /// <summary>statx(2): the same on every architecture, unlike stat(2).</summary>
    internal static unsafe Errno TryRead(int directory, string path, int flags, out statx status)
    {
        fixed (byte* name = CString.Of(path, stackalloc byte[CString.Usual]))
        fixed (statx* result = &status)
            return Descriptor.Failure(statx(directory, name, flags, STATX_BASIC_STATS, result));
    }

    /// <summary>access(2)</summary>
    internal static unsafe Errno TryAccess(string path, int mode)
    {
        fixed (byte* name = CString.Of(path, stackalloc byte[CString.Usual]))
            return Descriptor.Failure(access(name, mode));
    }

    private static uint KindOf(in statx file) => (uint)(file.stx_mode & (ushort)S_IFMT);
}
