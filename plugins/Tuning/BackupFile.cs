using System.Text;
using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Tuning;

/// <summary>Where an interface's former settings are kept until DEL: upstream's file in upstream's words, with a note of ours about whose it is.</summary>
/// <remarks>
/// The file says nothing about the network, and GC has to know. The note is beside the content (an extended attribute), so that the content stays as
/// upstream writes it and goes with the file whoever removes it. A file without a note is upstream's, and GC spares it.
/// </remarks>
internal sealed class BackupFile
{
    private const string Suffix = ".json";
    private const string NoteName = "cni";
    private const uint FileMode = 0x180; // 0600
    private const uint DirectoryMode = 0x1c0; // 0700

    private readonly string _directory;
    private readonly string _ifName;

    private bool IsRegular => FileStatus.Of(Path) is { IsRegular: true };

    private BackupFile(string directory, string name, string ifName = "")
    {
        _directory = directory;
        _ifName = ifName;
        Path = System.IO.Path.Combine(directory, name);
    }

    public string Path { get; }

    public static BackupFile Of(AttachmentRequest request, TuningConfig config) =>
        new(config.DataDir, NameOf(request.ContainerId.Value, request.IfName.Value), request.IfName.Value);

    /// <summary>The backups in a directory, of all networks, except those of such attachments, whichever network they are of.</summary>
    public static IReadOnlyList<BackupFile> All(string directory, IEnumerable<Cni.Attachment> except)
    {
        var spared = except.Select(attachment => NameOf(attachment.ContainerId, attachment.IfName)).ToHashSet();
        return [.. from name in DiskFile.Names(directory)
                   where name.EndsWith(Suffix, StringComparison.Ordinal) && !spared.Contains(name)
                   select new BackupFile(directory, name)];
    }

    /// <summary>The note; null when there is none.</summary>
    public BackupNote? Note => IsRegular && FileNote.Find(Path, NoteName) is { } text ? BackupNote.Parse(text) : null;

    /// <summary>
    /// Whether it says neither whose it is nor anything else, and did so before a moment (CLOCK_BOOTTIME, ns): whoever began it was killed, with his attachment untouched.
    /// </summary>
    public bool IsAbandoned(long moment) => FileStatus.Of(Path) is { IsRegular: true } status && !status.ChangedSince(moment) && Note is null && Read() is [];

    /// <summary>The content; null when there is no such file, or something else has its name: links are not followed, and nobody waits for a pipe.</summary>
    public byte[]? Read() => IsRegular ? DiskFile.Read(Path, OpenFlags.NoFollow | OpenFlags.NonBlocking) : null;

    /// <summary>Writes settings, in the place of what is there; leaves what was there when that fails.</summary>
    public void Save(LinkSettings settings, BackupNote note, byte[]? before)
    {
        Step("failed to create backup directory", () => DiskFile.CreateDirectories(_directory, DirectoryMode));
        if (FileStatus.Of(Path) is { IsRegular: false })
            throw new CniException($"failed to save file {_ifName}{Suffix}: {Path} is not a regular file", "nothing else belongs there: remove it");
        Step($"failed to save file {_ifName}{Suffix}", () =>
        {
            using var undo = new Undo();
            undo.Guard(before, PutBack);
            Write(settings.ToJson(), note);
            undo.Commit();
        });
    }

    /// <summary>What was there before <see cref="Save"/>; nothing if there was nothing.</summary>
    public void PutBack(byte[]? before)
    {
        if (before is null)
            Delete();
        else
            DiskFile.Overwrite(Path, before, FileMode);
    }

    /// <summary>rm -f.</summary>
    public void Delete() => DiskFile.Delete(Path);

    private static string NameOf(string containerId, string ifName) => $"{containerId}_{ifName}{Suffix}";

    /// <summary>Somebody who is killed here leaves an empty file, whose attachment has not been touched yet.</summary>
    private void Write(string text, BackupNote note)
    {
        DiskFile.WriteAt(Path, [], 0, FileMode);
        if (!FileNote.TrySet(Path, NoteName, note.ToString()))
            StandardError.WriteLine($"tuning: {Path}: the file system keeps no extended attributes, so GC will spare this file");
        DiskFile.Overwrite(Path, Encoding.UTF8.GetBytes(text), FileMode);
    }

    private static void Step(string what, Action action)
    {
        try
        {
            action();
        }
        catch (LibcException e)
        {
            throw CniException.Because(what, e);
        }
    }
}
