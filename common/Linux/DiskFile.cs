namespace CniPlugins.Linux;

/// <summary>Small files, whole: system calls without FileStream's own (advisory) locks, errors in Go's words.</summary>
internal static class DiskFile
{
    /// <summary>All bytes of a file, or null when there is none; throws <see cref="LibcException"/> <c>open PATH: cause</c>.</summary>
    public static unsafe byte[]? Read(string path)
    {
        using var file = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
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
    public static unsafe void Write(string path, ReadOnlySpan<byte> content, uint mode, int flags = Libc.O_CREAT | Libc.O_TRUNC)
    {
        using var file = Libc.open(path, Libc.O_WRONLY | Libc.O_CLOEXEC | flags, mode);
        if (file.IsInvalid)
            throw new LibcException(Libc.LastError, $"open {path}");
        while (!content.IsEmpty)
        {
            nint count;
            fixed (byte* bytes = content)
                count = Libc.write(file, bytes, content.Length);
            if (count < 0 && Libc.LastError == Errno.EINTR)
                continue;
            if (count < 0)
                throw new LibcException(Libc.LastError, $"write {path}");
            content = content[(int)count..];
        }
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
}
