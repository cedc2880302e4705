using CniPlugins.Digest;
using CniPlugins.Ipam.Blocks.EtcdForm;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Linux;

namespace CniPlugins.Ipam.Blocks.Datastores.Local;

/// <summary>Objects as files of one machine, each holding the JSON that Calico's etcd datastore would: no server, no other node.</summary>
/// <remarks>
/// A revision is a digest of the file's bytes, so that whatever changes the file (an editor too) changes it. Writers hold a flock on the directory; a new
/// version is written beside and renamed into place, so readers need no lock and find the old or the new one, whole. Nothing is synchronised to the disk: after a power
/// loss there are no pods. A file that is empty then counts as not there; any other that cannot be read is left as it is.
/// </remarks>
internal sealed class LocalDatastore(string root = LocalDatastore.DefaultRoot) : IDatastore
{
    public const string DefaultRoot = "/var/lib/cni/calico";

    private const uint DirectoryMode = 0x1c0; // 0700
    private const uint FileMode = 0x180; // 0600

    private readonly LocalPath _path = new(root);

    public IReadOnlyList<Entry>[] Read(IReadOnlyList<Query> queries, Deadline deadline)
    {
        var found = new IReadOnlyList<Entry>[queries.Count];
        for (var i = 0; i < found.Length; i++)
            found[i] = queries[i] is Key key ? (Find(key) is { } entry ? [entry] : []) : List((Scope)queries[i]);
        return found;
    }

    public Entry Create(Key key, Resource value, Deadline deadline)
    {
        using var exclusive = Lock(deadline);
        return Bytes(key) is null ? Store(key, value) : throw DatastoreException.AlreadyExists(key);
    }

    public Entry Update(Entry seen, Resource value, Deadline deadline)
    {
        using var exclusive = Lock(deadline);
        Compare(seen);
        return Store(seen.Key, value);
    }

    public void Delete(Entry seen, Deadline deadline)
    {
        using var exclusive = Lock(deadline);
        Compare(seen);
        Try(() => DiskFile.Delete(_path.Of(seen.Key)));
    }

    private Entry? Find(Key key) =>
        Bytes(key) is { } bytes ? ToEntry(key, bytes)
        : key is NodeKey node ? new Entry(key, new ClusterNode(new Metadata(node.Name)), "") // the machine we run on is there, whether or not it has a file
        : null;

    private List<Entry> List(Scope scope)
    {
        var entries = new List<Entry>();
        Walk(_path.Of(scope), scope, entries);
        entries.Sort((a, b) => string.CompareOrdinal(EtcdPath.Of(a.Key), EtcdPath.Of(b.Key)));
        return entries;
    }

    private void Walk(string directory, Scope scope, List<Entry> entries)
    {
        foreach (var name in Try(() => DiskFile.Names(directory)))
        {
            var path = $"{directory}/{name}";
            if (_path.Parse(path) is not { } key)
            {
                if (Try(() => FileStatus.Of(path)) is { IsDirectory: true })
                    Walk(path, scope, entries);
            }
            else if (Bytes(key) is { } bytes)
            {
                entries.Add(ToEntry(key, bytes));
            }
        }
    }

    /// <summary>What a file holds; null when there is none, or an empty one, which a power loss left.</summary>
    private byte[]? Bytes(Key key) =>
        Try(() => DiskFile.Read(_path.Of(key), OpenFlags.NoFollow | OpenFlags.NonBlocking)) is { Length: > 0 } bytes
            ? bytes
            : null;

    private void Compare(Entry seen)
    {
        var now = Bytes(seen.Key);
        if (now is null && seen.Revision.Length > 0)
            throw DatastoreException.NotFound(seen.Key);
        if (now is not null && Revision(now) != seen.Revision)
            throw DatastoreException.Conflict(seen.Key);
    }

    private Entry Store(Key key, Resource value)
    {
        byte[] bytes = [.. EtcdJson.Write(value), (byte)'\n'];
        var path = _path.Of(key);
        Try(() =>
        {
            var fresh = $"{root}/.new"; // whoever was killed while writing it leaves it to the next
            try
            {
                DiskFile.Write(fresh, bytes, FileMode, OpenFlags.Create | OpenFlags.Truncate | OpenFlags.NoFollow);
            }
            catch (LibcException)
            {
                DiskFile.Delete(fresh);
                throw;
            }

            if (DiskFile.TryRename(fresh, path) is Errno.None)
                return true;
            DiskFile.CreateDirectories(Path.GetDirectoryName(path)!, DirectoryMode);
            DiskFile.Rename(fresh, path);
            return true;
        });
        return ToEntry(key, bytes);
    }

    /// <summary>One writer at a time; a dead one's lock is gone with it.</summary>
    private FileLock Lock(Deadline deadline)
    {
        try
        {
            return Try(() =>
            {
                DiskFile.CreateDirectories(root, DirectoryMode);
                return FileLock.Take($"{root}/lock", FileMode, deadline.Remaining);
            });
        }
        catch (TimeoutException e)
        {
            throw new DatastoreException(DatastoreFailure.Unavailable, e.Message, e);
        }
    }

    private static Entry ToEntry(Key key, byte[] bytes) => new(key, EtcdJson.Read(key, bytes), Revision(bytes));

    private static string Revision(byte[] bytes) => Convert.ToHexString(Sha512.Hash(bytes).AsSpan(0, 12));

    /// <summary>What the file system refuses, as a datastore's failure.</summary>
    private static T Try<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (LibcException e)
        {
            throw new DatastoreException(DatastoreFailure.Refused, e.Message, e, string.Join("; ", Hints(e)));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DatastoreException(DatastoreFailure.Refused, e.Message, e);
        }
    }

    private static IEnumerable<string> Hints(LibcException e)
    {
        yield return e.Errno.Name();
        if (e.Errno == Errno.ELOOP)
            yield return "symbolic links are not followed here";
        else if (IErrnoException.HintFor(e.Errno) is { } hint)
            yield return hint;
    }
}
