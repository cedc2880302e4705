using System.Runtime.Versioning;
using CniPlugins.Linux;

namespace CniPlugins.Calico.Install;

/// <summary>Files of the host: whoever reads one at any moment finds the old or the new, whole.</summary>
[SupportedOSPlatform("linux")]
internal static class HostFile
{
    /// <summary>Writes a file under a temporary name, hidden from whoever lists the directory for configurations, and renames it.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> content, uint mode)
    {
        if (DiskFile.Read(path) is { } there && there.AsSpan().SequenceEqual(content) && (uint)File.GetUnixFileMode(path) == mode)
            return;
        var temporary = TemporaryFor(path);
        _ = DiskFile.Delete(temporary);
        DiskFile.Write(temporary, content, mode, OpenFlags.CreateNew);
        File.SetUnixFileMode(temporary, (UnixFileMode)mode); // whatever the umask is
        DiskFile.Rename(temporary, path);
    }

    /// <summary>.NAME.PID beside it.</summary>
    public static string TemporaryFor(string path) => Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.{Environment.ProcessId}");
}
