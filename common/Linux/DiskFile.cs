using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CniPlugins.Linux;

/// <summary>Small files, whole: system calls without FileStream's own (advisory) locks, errors in Go's words.</summary>
internal static class DiskFile
{
    /// <summary>All bytes of a file, or null when there is none; throws <see cref="LibcException"/> <c>open PATH: cause</c>.</summary>
    public static unsafe byte[]? Read(string path, int flags = 0)
    {
        using var file = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC | flags, 0);
        if (file.IsInvalid)
        {
            var errno = Libc.LastError;
            return errno is Errno.ENOENT or Errno.ENOTDIR ? null : throw new LibcException(errno, $"open {path}");
        }

        var buffer = new byte[512];
        var length = 0;
        while (true)
        {
            nint count;
            fixed (byte* bytes = buffer)
                count = Libc.read(file, bytes + length, buffer.Length - length);
            if (count < 0 && Libc.LastError == Errno.EINTR)
                continue;
            if (count < 0)
                throw new LibcException(Libc.LastError, $"read {path}");
            if (count == 0)
                return buffer[..length];
            length += (int)count;
            if (length == buffer.Length)
                Array.Resize(ref buffer, buffer.Length * 4);
        }
    }

    /// <summary>Creates or replaces a file's content in place; throws <see cref="LibcException"/> naming the path.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content, uint mode, int flags = Libc.O_CREAT | Libc.O_TRUNC)
    {
        using var file = Libc.open(path, Libc.O_WRONLY | Libc.O_CLOEXEC | flags, mode);
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
        while (Libc.ftruncate(file, content.Length) < 0)
        {
            if (Libc.LastError != Errno.EINTR)
                throw new LibcException(Libc.LastError, $"truncate {path}");
        }
    }

    /// <summary>Writes some bytes at an offset, creating the file when there is none. Links are not followed.</summary>
    public static void WriteAt(string path, ReadOnlySpan<byte> bytes, long offset, uint mode)
    {
        using var file = OpenInPlace(path, mode);
        WriteAll(file, path, bytes, offset);
    }

    /// <summary>rm; false when it was not there.</summary>
    public static bool Delete(string path) =>
        Libc.unlink(path) == 0 || (Libc.LastError is Errno.ENOENT ? false : throw new LibcException(Libc.LastError, $"remove {path}"));

    /// <summary>mv within a file system: the new name has the old or the new content, never part of it.</summary>
    public static void Rename(string from, string to)
    {
        if (Libc.rename(from, to) < 0)
            throw new LibcException(Libc.LastError, $"rename {from} {to}");
    }

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
        if (Libc.mkdir(path, mode) == 0)
            return;
        var errno = Libc.LastError;
        if (errno == Errno.ENOENT && Path.GetDirectoryName(path) is { Length: > 0 } parent)
        {
            CreateDirectories(parent, mode);
            if (Libc.mkdir(path, mode) == 0)
                return;
            errno = Libc.LastError;
        }

        if (errno != Errno.EEXIST || !Directory.Exists(path))
            throw new LibcException(errno == Errno.EEXIST ? Errno.ENOTDIR : errno, $"mkdir {path}");
    }

    private static SafeFileHandle OpenInPlace(string path, uint mode)
    {
        var file = Libc.open(path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, mode);
        if (!file.IsInvalid)
            return file;
        var errno = Libc.LastError;
        file.Dispose();
        throw new LibcException(errno, $"open {path}");
    }

    private static unsafe void WriteAll(SafeFileHandle file, string path, ReadOnlySpan<byte> content, long offset)
    {
        while (!content.IsEmpty)
        {
            nint count;
            fixed (byte* bytes = content)
                count = Libc.pwrite(file, bytes, content.Length, offset);
            if (count < 0 && Libc.LastError == Errno.EINTR)
                continue;
            if (count < 0)
                throw new LibcException(Libc.LastError, $"write {path}");
            content = content[(int)count..];
            offset += count;
        }
    }
}
