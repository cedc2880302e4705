namespace CniPlugins.Linux;

/// <summary>lstat(1): what a path itself is (links are not followed), which one, and when its content last changed.</summary>
internal readonly record struct FileStatus(uint Kind, ulong Inode, long ModifiedNanoseconds)
{
    public bool IsRegular => Kind == Libc.S_IFREG;

    public bool IsDirectory => Kind == Libc.S_IFDIR;

    public bool IsLink => Kind == Libc.S_IFLNK;

    /// <summary>The status of a path, or null when nothing is there; throws <see cref="LibcException"/> naming the path for anything else.</summary>
    public static unsafe FileStatus? Of(string path)
    {
        Libc.statx_t file;
        if (Libc.statx(Libc.AT_FDCWD, path, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &file) < 0)
            return Libc.LastError is Errno.ENOENT or Errno.ENOTDIR ? null : throw new LibcException(Libc.LastError, $"stat {path}");
        var modified = (file.stx_mtime.tv_sec * 1_000_000_000) + file.stx_mtime.tv_nsec;
        return new FileStatus(file.stx_mode & Libc.S_IFMT, file.stx_ino, modified);
    }

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
        var times = stackalloc Libc.timespec[2];
        times[0].tv_nsec = Libc.UTIME_OMIT;
        times[1].tv_sec = Math.DivRem(nanoseconds, 1_000_000_000, out times[1].tv_nsec);
        return Libc.utimensat(Libc.AT_FDCWD, path, times, Libc.AT_SYMLINK_NOFOLLOW) == 0;
    }
}
