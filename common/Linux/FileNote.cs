using System.Text;

namespace CniPlugins.Linux;

/// <summary>A text that a file carries beside its content (xattr(7)), for files whose content is somebody else's contract. Links are not followed.</summary>
/// <remarks>tmpfs has user attributes since Linux 6.6, trusted ones always; a user namespace may set only the former. The first that works is taken.</remarks>
internal static class FileNote
{
    private const int MaxLength = 1024;

    private static ReadOnlySpan<string> Spaces => new[] { "user.", "trusted." };

    /// <summary>
    /// setfattr -h -n user.NAME -v TEXT PATH; false where the file system has no such attributes; throws <see cref="LibcException"/> <c>note on PATH: cause</c>.
    /// </summary>
    public static unsafe bool TrySet(string path, string name, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        foreach (var space in Spaces)
        {
            fixed (byte* value = bytes)
            {
                if (Libc.lsetxattr(path, space + name, value, bytes.Length, 0) == 0)
                    return true;
            }

            if (Libc.LastError is var errno and not (Errno.EOPNOTSUPP or Errno.EPERM))
                throw new LibcException(errno, $"note on {path}");
        }

        return false;
    }

    /// <summary>getfattr -h -n user.NAME --only-values PATH; null when there is none, or no such file; throws <see cref="LibcException"/>.</summary>
    public static unsafe string? Find(string path, string name)
    {
        var value = stackalloc byte[MaxLength];
        foreach (var space in Spaces)
        {
            if (Libc.lgetxattr(path, space + name, value, MaxLength) is var length and >= 0)
                return Encoding.UTF8.GetString(value, (int)length);
            if (Libc.LastError is var errno and not (Errno.ENODATA or Errno.EOPNOTSUPP or Errno.ENOENT))
                throw new LibcException(errno, $"read the note on {path}");
        }

        return null;
    }
}
