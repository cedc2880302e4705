using Microsoft.Win32.SafeHandles;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniPlugins.Linux;

/// <summary>What makes a file itself: device and inode. Two names of one hard-linked file have the same.</summary>
internal readonly record struct FileIdentity(uint DeviceMajor, uint DeviceMinor, ulong Inode)
{
    /// <summary>The identity of a path (symbolic links followed), or null when it cannot be reached.</summary>
    public static FileIdentity? Of(string path) =>
        FileStatus.TryRead(AT_FDCWD, path, 0, out var file) is Errno.None ? From(file) : null;

    /// <summary>The identity of an open file.</summary>
    public static FileIdentity Of(SafeFileHandle handle)
    {
        using var fd = new BorrowedDescriptor(handle);
        return FileStatus.TryRead(fd.Number, "", AT_EMPTY_PATH, out var file) is var failure and not Errno.None
            ? throw new LibcException(failure, "statx")
            : From(file);
    }

    private static FileIdentity From(in statx file) => new(file.stx_dev_major, file.stx_dev_minor, file.stx_ino);
}
