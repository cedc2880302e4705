using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>Everything a network's directory says, read file by file: the truth, and as slow as the directory is full.</summary>
internal sealed class LeaseFiles
{
    private readonly Dictionary<Owner, List<string>> _byOwner = [];
    private readonly List<string> _taken = [];
    private readonly List<string> _empty = [];
    private LibcException? _failure;

    private LeaseFiles()
    {
    }

    /// <summary>The address files of each owner.</summary>
    public IReadOnlyDictionary<Owner, List<string>> ByOwner => _byOwner;

    /// <summary>The names that cannot be handed out; also those that are no regular files.</summary>
    public IReadOnlyList<string> Taken => _taken;

    /// <summary>Address files without content: debris of a crash or a full disk.</summary>
    public IReadOnlyList<string> Empty => _empty;

    public static LeaseFiles Scan(LeasePlace place)
    {
        var files = new LeaseFiles();
        foreach (var name in DiskFile.Names(place.Directory))
        {
            if (!IpAddress.TryParse(name, out _))
                continue;
            files.Look(place, name);
        }

        return files;
    }

    /// <summary>The content of an address file; null when it is none: gone, a link, a directory, a socket. Throws when it cannot be read.</summary>
    public static byte[]? Read(string path)
    {
        try
        {
            return DiskFile.Read(path, OpenFlags.NoFollow | OpenFlags.NonBlocking);
        }
        catch (LibcException e) when (e.Errno is Errno.ELOOP or Errno.EISDIR or Errno.ENXIO)
        {
            return null;
        }
    }

    /// <summary>Throws when a file could not be read: nobody knows then whether it is somebody's.</summary>
    public void RequireWhole()
    {
        if (_failure is { } failure)
            throw failure;
    }

    public bool IsWhole => _failure is null;

    /// <summary>An address whose file cannot be read is nobody's to hand out.</summary>
    private void Look(LeasePlace place, string name)
    {
        try
        {
            var content = Read(place.PathOf(name));
            if (content is null)
                _taken.Add(name);
            else if (Owner.FromFile(content) is { } owner)
                Add(owner, name);
            else
                _empty.Add(name);
        }
        catch (LibcException e)
        {
            _failure = e;
            _taken.Add(name);
        }
    }

    private void Add(Owner owner, string name)
    {
        _taken.Add(name);
        if (!_byOwner.TryGetValue(owner, out var names))
            _byOwner[owner] = names = [];
        names.Add(name);
    }
}
