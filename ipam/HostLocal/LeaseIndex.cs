using System.Text;
using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>Answers "what does this owner have" and "what is free" without looking at every file; a hint that is rebuilt whenever in doubt.</summary>
/// <remarks>
/// It is believed only while the network's directory and the directory of records are exactly as our last call left them. To know that, a call
/// ends by setting both directories' modification times a nanosecond *before* the kernel's own last stamp, and writing them down: any later
/// change gets a later time, however coarse the kernel's clock. A kill at any point before leaves a time that is not the one written down.
/// </remarks>
internal sealed class LeaseIndex(LeasePlace place, string bootId)
{
    private const uint DirectoryMode = 0x1c0; // 0700
    private const uint FileMode = 0x180; // 0600

    private readonly string _records = Path.Combine(place.Index, "owners");
    private readonly string _stamp = Path.Combine(place.Index, "stamp");

    /// <summary>
    /// A link in the place of one of the index's directories was planted, for nobody but us makes anything there: it goes without being followed, and what it
    /// hid is made again.
    /// </summary>
    public static void DropLinks(LeasePlace place)
    {
        string[] directories = [Path.GetDirectoryName(place.Index)!, place.Index, Path.Combine(place.Index, "owners"), Path.Combine(place.Index, "used")];
        foreach (var directory in directories)
        {
            if (FileStatus.Of(directory) is { IsLink: true })
            {
                StandardError.WriteLine($"host-local: {directory} is a symbolic link where only a directory belongs, and is removed");
                DiskFile.Delete(directory);
            }
        }
    }

    /// <summary>Which addresses have a file.</summary>
    public UsedAddresses Used { get; } = new(Path.Combine(place.Index, "used"));

    /// <summary>A file that is complete before it gets its name in the network's directory; at most one exists, under the lock.</summary>
    public string Temporary => Path.Combine(place.Index, "new");

    /// <summary>Whether nothing has changed since our last call of this boot.</summary>
    public bool IsFresh() => Describe() is { } now
        && DiskFile.Read(_stamp, OpenFlags.NoFollow) is { } stamp && stamp.AsSpan().SequenceEqual(now);

    /// <summary>What is known of an owner, or null.</summary>
    public LeaseRecord? Find(Owner owner) => Read(LeaseRecord.NameFor(owner)) is { } record && record.Owner == owner ? record : null;

    /// <summary>Every record, in no order.</summary>
    public IEnumerable<LeaseRecord> All() => DiskFile.Names(_records).Select(Read).OfType<LeaseRecord>();

    public void Save(LeaseRecord record) =>
        DiskFile.Overwrite(Path.Combine(_records, LeaseRecord.NameFor(record.Owner)), record.ToFile(), FileMode);

    public void Remove(Owner owner) => DiskFile.Delete(Path.Combine(_records, LeaseRecord.NameFor(owner)));

    /// <summary>
    /// Makes the index say what the directory says; what is known of each owner besides is kept. Where a file could not be read, nothing is known about its
    /// owner, and records stay as they are.
    /// </summary>
    public void Rebuild(LeaseFiles files)
    {
        DiskFile.CreateDirectories(_records, DirectoryMode);
        DiskFile.CreateDirectories(Path.Combine(place.Index, "used"), DirectoryMode);
        DiskFile.Delete(Temporary);
        if (files.IsWhole)
            RebuildRecords(files);
        Used.Replace(files.Taken.Select(name => IpAddress.TryParse(name, out var address) ? address : default));
    }

    /// <summary>Ends a call that changed something: from here on every change is somebody else's.</summary>
    public void Stamp()
    {
        Used.Save();
        if (StepBack(place.Directory) && StepBack(_records) && Describe() is { } now)
            DiskFile.Overwrite(_stamp, now, FileMode);
        else
            DiskFile.Delete(_stamp);
    }

    /// <summary>Sets a directory's time to just before its last change; false where the file system does not do that.</summary>
    private static bool StepBack(string directory) =>
        FileStatus.Of(directory) is { } changed
        && FileStatus.TrySetModified(directory, changed.ModifiedNanoseconds - 1)
        && FileStatus.Of(directory) is { } now && now.ModifiedNanoseconds < changed.ModifiedNanoseconds;

    private void RebuildRecords(LeaseFiles files)
    {
        var stale = DiskFile.Names(_records).ToHashSet();
        foreach (var (owner, names) in files.ByOwner)
        {
            stale.Remove(LeaseRecord.NameFor(owner));
            var known = Find(owner);
            if (known is null || !known.Files.Order().SequenceEqual(names.Order()))
                Save(known is null ? LeaseRecord.Foreign(owner, names) : known with { Files = names });
        }

        foreach (var name in stale)
            DiskFile.Delete(Path.Combine(_records, name));
    }

    private byte[]? Describe() => FileStatus.Of(place.Directory) is { } files && FileStatus.Of(_records) is { } records && bootId.Length > 0
        ? Encoding.ASCII.GetBytes($"{files.Inode} {files.ModifiedNanoseconds} {records.Inode} {records.ModifiedNanoseconds} {bootId}\n")
        : null;

    private LeaseRecord? Read(string name) =>
        DiskFile.Read(Path.Combine(_records, name), OpenFlags.NoFollow) is { } content
            ? LeaseRecord.FromFile(content)
            : null;
}
