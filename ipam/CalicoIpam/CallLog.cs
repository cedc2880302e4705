using System.Globalization;
using System.Text;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Linux;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>The lines of one call, on stderr and in the configured file; what cannot be logged is no reason to fail.</summary>
/// <remarks>Each line is one append, so calls at the same time do not mix theirs. Without a log_level, stderr is for warnings and errors only.</remarks>
internal sealed class CallLog(LogSettings settings, string plugin, string subject)
{
    private const uint FileMode = 0x1a4; // 0644
    private const uint DirectoryMode = 0x1ed; // 0755

    /// <summary>The log that a call's configuration names; one that is configured wrong must not keep anything from being taken away.</summary>
    public static CallLog Of(Request request, string plugin, string subject)
    {
        try
        {
            return new CallLog(LogSettings.Read(new OptionReader(request.Conf.Root)), plugin, subject);
        }
        catch (ConfigException) when (request is DelRequest or GcRequest)
        {
            return new CallLog(new LogSettings(), plugin, subject);
        }
    }

    public void Info(string text) => Write(LogLevel.Info, text);

    public void Warning(string text) => Write(LogLevel.Warning, text);

    public void Error(string text) => Write(LogLevel.Error, text);

    private void Write(LogLevel level, string text)
    {
        if (level >= (settings.IsLevelGiven ? settings.Level : LogLevel.Warning))
            StandardError.WriteLine($"{plugin}: {subject}: {OneLine(text)}");
        if (level < settings.Level || settings.File.Length == 0)
            return;
        var now = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);
        var line = $"{now} [{level.ToString().ToUpperInvariant()}][{Environment.ProcessId}] {plugin} {subject}: {OneLine(text)}\n";
        try
        {
            Append(Encoding.UTF8.GetBytes(line));
        }
        catch (Exception e) when (e is LibcException or IOException or UnauthorizedAccessException)
        {
            StandardError.WriteLine($"{plugin}: {subject}: cannot write to {settings.File}: {e.Message}");
        }
    }

    private void Append(byte[] line)
    {
        if (FileStatus.Of(settings.File) is null && Path.GetDirectoryName(settings.File) is { Length: > 0 } directory)
            DiskFile.CreateDirectories(directory, DirectoryMode);
        else if (new FileInfo(settings.File) is { Exists: true } file && file.Length + line.Length > settings.MaxBytes)
            PutAside();
        DiskFile.Write(settings.File, line, FileMode, OpenFlags.Create | OpenFlags.Append);
    }

    /// <summary>cni.log becomes cni-2026-07-01T10-00-00.000.log; the oldest of those go.</summary>
    private void PutAside()
    {
        var (directory, name, extension) = (Path.GetDirectoryName(settings.File) ?? "", Path.GetFileNameWithoutExtension(settings.File), Path.GetExtension(settings.File));
        var stamp = DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH-mm-ss.fff", CultureInfo.InvariantCulture);
        if (DiskFile.TryRename(settings.File, Path.Combine(directory, $"{name}-{stamp}{extension}")) is not Errno.None)
            return; // another call was faster
        var old = DiskFile.Names(directory.Length == 0 ? "." : directory)
            .Where(other => other.StartsWith($"{name}-2", StringComparison.Ordinal) && other.EndsWith(extension, StringComparison.Ordinal)).ToList();
        old.Sort((a, b) => string.CompareOrdinal(b, a)); // the newest first
        for (var i = 0; i < old.Count; i++)
        {
            var path = Path.Combine(directory, old[i]);
            if (i >= settings.MaxCount || DateTime.UtcNow - File.GetLastWriteTimeUtc(path) > settings.MaxAge)
                _ = DiskFile.Delete(path);
        }
    }

    private static string OneLine(string text) => text.Replace("\n", "\\n", StringComparison.Ordinal);
}
