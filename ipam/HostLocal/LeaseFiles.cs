using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>Everything a network's directory says, read file by file: the truth, and as slow as the directory is full.</summary>
internal sealed class LeaseFiles
{
    private readonly Dictionary<Owner, List<string>> _byOwner = [];
    private readonly List<string> _taken = [];
    private readonly List<string> _empty = [];

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
            var content = Read(place.PathOf(name));
            if (content is null)
                files._taken.Add(name);
            else if (Owner.FromFile(content) is { } owner)
                files.Add(owner, name);
            else
                files._empty.Add(name);
        }

        return files;
    }

    /// <summary>The content of an address file; null when it is none: gone, a link, a directory, unreadable.</summary>
    public static byte[]? Read(string path)
    {
        try
        {
            return DiskFile.Read(path, Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
        }
        catch (LibcException)
        {
            return null;
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
