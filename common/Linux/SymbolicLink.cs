using System.Text;
using static Tmds.Linux.LibC;

namespace CniPlugins.Linux;

/// <summary>readlink(1).</summary>
internal static class SymbolicLink
{
    private const int MaxLength = 4096; // PATH_MAX

    /// <summary>Where a symbolic link leads, as it is written; null for what is none, or not there.</summary>
    public static unsafe string? Find(string path)
    {
        var target = stackalloc byte[MaxLength];
        fixed (byte* name = CString.Of(path, stackalloc byte[CString.Usual]))
        {
            var length = (int)readlink(name, target, MaxLength);
            if (length >= 0)
                return Encoding.UTF8.GetString(target, length);
        }

        return Libc.LastError is Errno.ENOENT or Errno.ENOTDIR or Errno.EINVAL
            ? null
            : throw new LibcException(Libc.LastError, $"readlink {path}");
    }
}
