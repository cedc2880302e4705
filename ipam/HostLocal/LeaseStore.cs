using System.Text;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>A network's reservations, under the lock that upstream's plugin takes too.</summary>
internal sealed class LeaseStore : IDisposable
{
    private const uint DirectoryMode = 0x1ed; // 0755
    private const uint PrivateMode = 0x1c0; // 0700
    private const uint LockMode = 0x1e8; // 0750
    private const uint FileMode = 0x180; // 0600

    private readonly LeasePlace _place;
    private readonly FileLock _lock;
    private readonly LeaseIndex _index;
    private LeaseFiles? _files;
    private LeaseFiles? _truth;
    private bool _changed;
    private bool _indexFailed;

    private LeaseStore(LeasePlace place)
    {
        _place = place;
        // What can fail comes before the lock: nobody would let go of it, and a second plugin of this process would wait for it.
        BootId = BootClock.BootId;
        _index = new LeaseIndex(place, BootId);
        _lock = FileLock.Take(place.Lock, LockMode, TimeSpan.FromSeconds(30));
        try
        {
            if (!_index.IsFresh())
                Reread();
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    public string BootId { get; }

    /// <summary>Whether this call has changed anything on disk.</summary>
    public bool HasChanged => _changed;

    public UsedAddresses Used => _index.Used;

    /// <summary>The network's reservations for a call that may make the first one.</summary>
    public static LeaseStore Open(LeasePlace place)
    {
        RefuseLink(place);
        LeaseIndex.DropLinks(place);
        if (FileStatus.Of(place.Directory) is null)
            DiskFile.CreateDirectories(place.Directory, DirectoryMode);
        if (FileStatus.Of(place.Index) is null)
            DiskFile.CreateDirectories(place.Index, PrivateMode);
        return new LeaseStore(place);
    }

    /// <summary>The network's reservations; null when there cannot be any. A link in the directory's place is not followed, as upstream's walk does not.</summary>
    public static LeaseStore? Find(LeasePlace place)
    {
        if (FileStatus.Of(place.Directory) is not { IsDirectory: true })
            return null;
        LeaseIndex.DropLinks(place);
        return new LeaseStore(place);
    }

    /// <summary>The address files of an owner, each looked into; of very old files without an interface name only if there are no others.</summary>
    public IReadOnlyList<string> FilesOf(Owner owner) =>
        Verified(owner) is { Count: > 0 } files ? files : Verified(owner.WithoutInterface);

    /// <summary>The same for who expects that there are some: an owner that the index does not know may stand in a file that somebody wrote in place.</summary>
    public IReadOnlyList<string> Find(Owner owner)
    {
        if (FilesOf(owner) is { Count: > 0 } files)
            return files;
        Reread();
        return FilesOf(owner);
    }

    /// <summary>Throws when there is a file that could not be read: it may be the one that was looked for.</summary>
    public void RequireWhole() => (_truth ?? _files)?.RequireWhole();

    public LeaseRecord? RecordOf(Owner owner) => _index.Find(owner);

    public IEnumerable<LeaseRecord> Records() => _index.All();

    /// <summary>Who has which files, whatever the index says: every file is read.</summary>
    public IReadOnlyList<(Owner Owner, IReadOnlyList<string> Files)> Holdings() =>
        [.. Truth().ByOwner.Select(entry => (entry.Key, (IReadOnlyList<string>)entry.Value))];

    /// <summary>Which of these files are address files that say nothing.</summary>
    public IReadOnlyList<string> Debris(IReadOnlyCollection<string> present) => [.. Truth().Empty.Where(present.Contains)];

    /// <summary>Whom an address file names, or null.</summary>
    public Owner? OwnerOf(string file) => LeaseFiles.Read(_place.PathOf(file)) is { } content ? Owner.FromFile(content) : null;

    /// <summary>The address that was handed out last for a range set.</summary>
    public IpAddress? LastReserved(int set) =>
        LeaseFiles.Read(_place.PathOf($"last_reserved_ip.{set}")) is { } text && IpAddress.TryParse(Encoding.UTF8.GetString(text), out var address) ? address : null;

    /// <summary>
    /// Reserves an address; false when it is taken. The record comes first, so that no address of ours is ever without one; the file comes by
    /// link(2), complete or not at all, and only if the name is free.
    /// </summary>
    public bool TryReserve(IpAddress address, LeaseRecord lease, int set)
    {
        var name = address.ToString();
        if (!IsFree(name))
        {
            Used.Set(address, used: true);
            return false;
        }

        _changed = true;
        _index.Save(lease with { Files = [.. lease.Files, name] });
        if (!TryCreate(name, lease.Owner.ToFile()))
            return false;
        Used.Set(address, used: true);
        Remember(name, set);
        return true;
    }

    /// <summary>Gives files of an owner back, and leaves the owner with these.</summary>
    public void Release(Owner owner, IEnumerable<string> files, LeaseRecord? left = null)
    {
        _changed = true;
        foreach (var file in files)
        {
            DiskFile.Delete(_place.PathOf(file));
            if (IpAddress.TryParse(file, out var address))
                Note(() => Used.Set(address, used: false));
        }

        Note(() =>
        {
            if (left is null)
                _index.Remove(owner);
            else
                _index.Save(left);
        });
    }

    /// <summary>Removes an address file that says nothing; under the lock nobody is about to write it.</summary>
    public void RemoveDebris(string file)
    {
        _changed = true;
        StandardError.WriteLine($"host-local: {_place.PathOf(file)} is empty, left by a crash or a full disk: its address is free again");
        DiskFile.Delete(_place.PathOf(file));
    }

    /// <summary>Something failed half-way: the next call looks at everything again.</summary>
    public void Distrust() => _indexFailed = true;

    /// <summary>Ends a call whose changes are complete; without it the next call looks at everything again.</summary>
    public void Commit()
    {
        if (!_indexFailed && (_changed || _files is not null))
            Note(_index.Stamp);
    }

    public void Dispose() => _lock.Dispose();

    private static void RefuseLink(LeasePlace place)
    {
        if (FileStatus.Of(place.Directory) is { IsLink: true })
        {
            throw new CniException(
                $"open {place.Directory}: it is a symbolic link", "DEL would not follow it, so nothing reserved in there could be given back; link dataDir itself instead");
        }
    }

    private LeaseFiles Truth() => _truth ??= _files ?? LeaseFiles.Scan(_place);

    /// <summary>Reads every file and rebuilds the index, unless this call has done so.</summary>
    private void Reread()
    {
        if (_files is not null)
            return;
        _files = LeaseFiles.Scan(_place);
        _indexFailed |= !_files.IsWhole;
        Note(() => _index.Rebuild(_files));
    }

    /// <summary>A file that contradicts its record was written in place, of which no directory's time tells: then the index is not to be believed.</summary>
    private List<string> Verified(Owner owner)
    {
        if (_files is null)
        {
            var recorded = _index.Find(owner)?.Files ?? [];
            if (recorded.All(file => Names(file, owner)))
                return [.. recorded];
            Reread();
        }

        return _files!.ByOwner.GetValueOrDefault(owner)?.Where(file => Names(file, owner)).ToList() ?? [];
    }

    private bool Names(string file, Owner owner) => IpAddress.TryParse(file, out _) && OwnerOf(file) == owner;

    private bool IsFree(string name)
    {
        var path = _place.PathOf(name);
        if (FileStatus.Of(path) is not { } file)
            return true;
        if (!file.IsRegular || LeaseFiles.Read(path) is not { } content || Owner.FromFile(content) is not null)
            return false;
        RemoveDebris(name);
        return true;
    }

    /// <summary>Writes down which address came last; an address that cannot be remembered is not taken.</summary>
    private void Remember(string name, int set)
    {
        try
        {
            DiskFile.Overwrite(_place.PathOf($"last_reserved_ip.{set}"), Encoding.ASCII.GetBytes(name), FileMode);
        }
        catch (LibcException)
        {
            DiskFile.Delete(_place.PathOf(name));
            Used.Set(IpAddress.Parse(name), used: false);
            throw;
        }
    }

    /// <summary>A kill may leave the temporary name as a second link to somebody's file: it is removed, never written to.</summary>
    private bool TryCreate(string name, byte[] content)
    {
        const OpenFlags New = OpenFlags.CreateNew | OpenFlags.NoFollow;
        DiskFile.Delete(_index.Temporary);
        DiskFile.Write(_index.Temporary, content, FileMode, New);
        var errno = DiskFile.TryLink(_index.Temporary, _place.PathOf(name));
        Note(() => DiskFile.Delete(_index.Temporary)); // the next call removes it, and so does the next ADD
        switch (errno)
        {
            case Errno.None:
                return true;
            case Errno.EEXIST:
                return false;
            case Errno.EXDEV or Errno.EPERM or Errno.EOPNOTSUPP:
                DiskFile.Write(_place.PathOf(name), content, FileMode, New); // no links here: as upstream does it
                return true;
            default:
                throw new LibcException(errno, $"link {_place.PathOf(name)}");
        }
    }

    /// <summary>The index is a hint: where it cannot be written, the next call finds it out of date.</summary>
    private void Note(Action update)
    {
        try
        {
            update();
        }
        catch (LibcException)
        {
            _indexFailed = true;
        }
    }
}
