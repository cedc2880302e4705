using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Flannel;

/// <summary>Where the delegate's configuration is kept from ADD to DEL, which the delegate must be told the same.</summary>
/// <remarks>
/// Upstream's file has the container's name alone, so a second attachment of the container overwrites the first one's, whose DEL
/// then finds nothing. Here the second has a file <c>ID:IFNAME</c>, which no container can be called; the first has upstream's,
/// so that either suite's DEL finds it. Whose that is says a note (an extended attribute), for the content is the delegate's.
/// A file without one is upstream's, and might be anybody's of that container.
/// </remarks>
internal sealed class StateFile
{
    private const string NoteName = "cni";
    private const char Separator = ':';
    private const uint FileMode = 0x180; // 0600
    private const uint DirectoryMode = 0x1c0; // 0700

    private readonly string _path;
    private readonly string _name;

    private StateFile(string directory, string name)
    {
        _path = Path.Combine(directory, name);
        _name = name;
    }

    /// <summary>The file of an attachment for ADD: its own from before, the container's if that is free, else one more.</summary>
    public static StateFile ForAdd(AddRequest request, string directory) =>
        Find(request, directory, isTaken: file => file.Note is null && file.Read() is { Length: > 0 })
        ?? (new StateFile(directory, request.ContainerId.Value) is { Status: null } free ? free : Own(request, directory));

    /// <summary>The file of an attachment for the verbs after ADD; null when there is none.</summary>
    public static StateFile? Find(AttachmentRequest request, string directory) => Find(request, directory, isTaken: _ => false);

    /// <summary>All files in the directory.</summary>
    public static IReadOnlyList<StateFile> All(string directory) =>
        [.. DiskFile.Names(directory).Select(name => new StateFile(directory, name)).Where(file => file.IsRegular)];

    /// <summary>The content; null when there is no such file: links are not followed, and nobody waits for a pipe.</summary>
    public byte[]? Read() => IsRegular ? DiskFile.Read(_path, OpenFlags.NoFollow | OpenFlags.NonBlocking) : null;

    /// <summary>Keeps a configuration, in the place of what is there. Who is killed here leaves an empty file and has attached nothing yet.</summary>
    public void Save(AddRequest request, DelegateConf conf)
    {
        try
        {
            DiskFile.CreateDirectories(Path.GetDirectoryName(_path)!, DirectoryMode);
            DiskFile.WriteAt(_path, [], 0, FileMode);
            _ = FileNote.TrySet(_path, NoteName, Owner.Of(request).Comment);
            DiskFile.Overwrite(_path, conf.Bytes.Span, FileMode);
        }
        catch (LibcException e)
        {
            throw CniException.Because("failed to save the delegate's configuration", e, "dataDir says where it is kept");
        }
    }

    /// <summary>What was there before <see cref="Save"/>; nothing if there was nothing.</summary>
    public void PutBack(byte[]? before)
    {
        if (before is null)
            Delete();
        else
            DiskFile.Overwrite(_path, before, FileMode);
    }

    /// <summary>rm -f.</summary>
    public void Delete() => DiskFile.Delete(_path);

    /// <summary>Whether GC may take it: its attachment, or its container if it names none, is not valid, and it is older than the call.</summary>
    public bool IsStale(GcRequest request, Garbage garbage)
    {
        if (Status is not { } status || status.ChangedSince(request.Started) || Read() is not { } content)
            return false;
        return Note is { } note
            ? garbage.IsNamedIn(note)
            : !request.Valid.Any(IsOf) && (content.Length == 0 || DelegateConf.Parse(content)?.Network == request.Network);
    }

    public override string ToString() => _path;

    private bool IsOf(Cni.Attachment attachment) =>
        _name == attachment.ContainerId || _name == $"{attachment.ContainerId}{Separator}{attachment.IfName}";

    private FileStatus? Status => FileStatus.Of(_path);

    private bool IsRegular => Status is { IsRegular: true };

    private string? Note => FileNote.Find(_path, NoteName);

    private static StateFile Own(AttachmentRequest request, string directory) =>
        new(directory, $"{request.ContainerId}{Separator}{request.IfName}");

    private static StateFile? Find(AttachmentRequest request, string directory, Func<StateFile, bool> isTaken)
    {
        var own = Own(request, directory);
        if (own.IsRegular)
            return own;
        var shared = new StateFile(directory, request.ContainerId.Value);
        return shared.IsRegular && (shared.Note is not { } note || Owner.Of(request).Owns(note)) && !isTaken(shared) ? shared : null;
    }
}
