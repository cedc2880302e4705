using static Tmds.Linux.LibC;

namespace CniPlugins.Linux;

/// <summary>Whether files could be kept in a directory, found out without making it.</summary>
internal static class DirectoryAccess
{
    /// <summary>What keeps mkdir -p and a new file in a directory from succeeding, or null; the directory itself must not be a symbolic link.</summary>
    public static string? FindProblem(string directory)
    {
        var whole = Path.GetFullPath(directory);
        for (var path = whole; ; path = Path.GetDirectoryName(path)!)
        {
            if (FileStatus.Of(path) is not { } found)
                continue;
            if (!found.IsDirectory && !(found.IsLink && path != whole && Directory.Exists(path)))
                return $"{path} is not a directory";
            var failure = FileStatus.TryAccess(path, W_OK | X_OK);
            return failure is Errno.None ? null : new LibcException(failure, $"write to {path}").Message;
        }
    }
}
