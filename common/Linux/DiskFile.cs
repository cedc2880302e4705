using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniPlugins.Linux;

/// <summary>Small files, whole: system calls without FileStream's own (advisory) locks, errors in Go's words.</summary>
internal static class DiskFile
{
    /// <summary>All bytes of a file, or null when there is none; throws <see cref="LibcException"/> <c>open PATH: cause</c>.</summary>
    public static byte[]? Read(string path, OpenFlags flags = OpenFlags.None)
    {
        using var file = Descriptor.Open(path, O_RDONLY, flags);
        if (file.IsInvalid)
        {
            var errno = Libc.LastError;
            return errno is Errno.ENOENT or Errno.ENOTDIR ? null : throw new LibcException(errno, $"open {path}");
        }

        var buffer = new byte[512];
        var length = 0;
        while (true)
        {
            if (file.TryRead(buffer.AsSpan(length), out var count) is var failure and not Errno.None)
                throw new LibcException(failure, $"read {path}");
            if (count == 0)
                return buffer[..length];
            length += count;
            if (length == buffer.Length)
                Array.Resize(ref buffer, buffer.Length * 4);
        }
    }

    /// <summary>Creates or replaces a file's content in place; throws <see cref="LibcException"/> naming the path.</summary>
    public static void Write(
        string path, ReadOnlySpan<byte> content, uint mode, OpenFlags flags = OpenFlags.Create | OpenFlags.Truncate)
    {
        using var file = Descriptor.Open(path, O_WRONLY, flags, mode);
        if (file.IsInvalid)
            throw new LibcException(Libc.LastError, $"open {path}");
        WriteAll(file, path, content, 0);
    }

    /// <summary>
    /// Replaces a file's content without emptying it first: a reader after a kill finds the old or the new bytes, and ext4 does not start writing to the
    /// disk, as it does after truncation to zero or rename over a file. Links are not followed.
    /// </summary>
    public static void Overwrite(string path, ReadOnlySpan<byte> content, uint mode)
    {
        using var file = OpenInPlace(path, mode);
        WriteAll(file, path, content, 0);
        if (file.TryTruncate(content.Length) is var failure and not Errno.None)
            throw new LibcException(failure, $"truncate {path}");
    }

    /// <summary>Writes some bytes at an offset, creating the file when there is none. Links are not followed.</summary>
    public static void WriteAt(string path, ReadOnlySpan<byte> bytes, long offset, uint mode)
    {
        using var file = OpenInPlace(path, mode);
        WriteAll(file, path, bytes, offset);
    }

    /// <summary>rm; false when it was not there.</summary>
    public static unsafe bool Delete(string path)
    {
        fixed (byte* name = CString.Of(path, stackalloc byte[CString.Usual]))
        {
            return Descriptor.Failure(unlink(name)) switch
            {
                Errno.None => true,
                Errno.ENOENT => false,
                var failure => throw new LibcException(failure, $"remove {path}"),
            };
        }
    }

    /// <summary>ln: a second name for a file, where nothing has that name yet (EEXIST).</summary>
    public static unsafe Errno TryLink(string from, string to)
    {
        fixed (byte* old = CString.Of(from, stackalloc byte[CString.Usual]))
        fixed (byte* name = CString.Of(to, stackalloc byte[CString.Usual]))
            return Descriptor.Failure(link(old, name));
    }

    /// <summary>mv within a file system: the new name has the old or the new content, never part of it.</summary>
    public static void Rename(string from, string to)
    {
        if (TryRename(from, to) is var failure and not Errno.None)
            throw new LibcException(failure, $"rename {from} {to}");
    }

    /// <summary>mv within a file system, where something may be missing.</summary>
    public static Errno TryRename(string from, string to) => Descriptor.Failure(Libc.rename(from, to));

    /// <summary>
    /// The names in a directory, in no order; none when there is no such directory; throws <see cref="LibcException"/> <c>read directory PATH: cause</c>.
    /// </summary>
    /// <remarks>.NET's own enumeration asks for ever when a signal comes in between (EINTR).</remarks>
    public static unsafe IReadOnlyList<string> Names(string directory)
    {
        nint opened;
        while ((opened = Libc.opendir(directory)) == 0)
        {
            if (Libc.LastError is Errno.ENOENT)
                return [];
            if (Libc.LastError is not Errno.EINTR)
                throw new LibcException(Libc.LastError, $"read directory {directory}");
        }

        try
        {
            var names = new List<string>();
            while (true)
            {
                var entry = Libc.readdir64(opened);
                if (entry is null && Libc.LastError is Errno.None)
                    return names;
                if (entry is null && Libc.LastError is not Errno.EINTR)
                    throw new LibcException(Libc.LastError, $"read directory {directory}");
                if (entry is not null && Marshal.PtrToStringUTF8((nint)entry->d_name) is { } name and not ("." or ".."))
                    names.Add(name);
            }
        }
        finally
        {
            _ = Libc.closedir(opened);
        }
    }

    /// <summary>mkdir -p with a mode (less the umask) for each new directory; throws <see cref="LibcException"/> naming the first that failed.</summary>
    public static void CreateDirectories(string path, uint mode)
    {
        var errno = TryCreateDirectory(path, mode);
        if (errno == Errno.ENOENT && Path.GetDirectoryName(path) is { Length: > 0 } parent)
        {
            CreateDirectories(parent, mode);
            errno = TryCreateDirectory(path, mode);
        }

        if (errno != Errno.None && (errno != Errno.EEXIST || !Directory.Exists(path)))
            throw new LibcException(errno == Errno.EEXIST ? Errno.ENOTDIR : errno, $"mkdir {path}");
    }

    private static unsafe Errno TryCreateDirectory(string path, uint mode)
    {
        fixed (byte* name = CString.Of(path, stackalloc byte[CString.Usual]))
            return Descriptor.Failure(mkdir(name, (ushort)mode));
    }

    private static SafeFileHandle OpenInPlace(string path, uint mode)
    {
        var file = Descriptor.Open(path, O_WRONLY, OpenFlags.Create | OpenFlags.NoFollow, mode);
        if (!file.IsInvalid)
            return file;
        var errno = Libc.LastError;
        file.Dispose();
        throw new LibcException(errno, $"open {path}");
    }

    private static void WriteAll(SafeFileHandle file, string path, ReadOnlySpan<byte> content, long offset)
    {
        if (file.TryWriteAt(content, offset) is var failure and not Errno.None)
            throw new LibcException(failure, $"write {path}");
    }
}
