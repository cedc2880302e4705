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
            return Libc.access(path, Libc.W_OK | Libc.X_OK) < 0 ? new LibcException(Libc.LastError, $"write to {path}").Message : null;
        }
    }
}
