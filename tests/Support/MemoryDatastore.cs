using System.Globalization;
using System.Text;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.EtcdForm;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Tests.Support;

/// <summary>A datastore in memory: etcd's paths, etcd's JSON, a revision that counts. Any number of threads may share it.</summary>
internal sealed class MemoryDatastore : IDatastore
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, (byte[] Json, long Revision)> _objects = new(StringComparer.Ordinal);
    private long _revision;

    /// <summary>Called before each operation, outside the lock, with its name and key: it may count, throw, or do something as somebody else.</summary>
    public Action<string, Key?>? Before { get; set; }

    /// <summary>Called after each operation that changed something.</summary>
    public Action<string, Key>? After { get; set; }

    /// <summary>Calls so far: each is one round trip.</summary>
    public int RoundTrips { get; private set; }

    public IReadOnlyDictionary<string, string> Contents
    {
        get
        {
            lock (_lock)
                return _objects.ToDictionary(o => o.Key, o => Encoding.UTF8.GetString(o.Value.Json));
        }
    }

    /// <summary>Puts a text under a path, as another program would.</summary>
    public void Put(string path, string json)
    {
        lock (_lock)
            _objects[path] = (Encoding.UTF8.GetBytes(json), ++_revision);
    }

    public IReadOnlyList<Entry>[] Read(IReadOnlyList<Query> queries, Deadline deadline)
    {
        Before?.Invoke("read", queries.Count == 1 ? queries[0] as Key : null);
        deadline.ThrowIfPassed("read");
        lock (_lock)
        {
            RoundTrips++;
            return queries.Select(Answer).ToArray();
        }
    }

    public Entry Create(Key key, Resource value, Deadline deadline)
    {
        Before?.Invoke("create", key);
        deadline.ThrowIfPassed($"create {key}");
        Entry created;
        lock (_lock)
        {
            RoundTrips++;
            if (_objects.ContainsKey(EtcdPath.Of(key)))
                throw DatastoreException.AlreadyExists(key);
            created = Store(key, value);
        }

        After?.Invoke("create", key);
        return created;
    }

    public Entry Update(Entry seen, Resource value, Deadline deadline)
    {
        Before?.Invoke("update", seen.Key);
        deadline.ThrowIfPassed($"update {seen.Key}");
        Entry updated;
        lock (_lock)
        {
            RoundTrips++;
            Compare(seen);
            updated = Store(seen.Key, value);
        }

        After?.Invoke("update", seen.Key);
        return updated;
    }

    public void Delete(Entry seen, Deadline deadline)
    {
        Before?.Invoke("delete", seen.Key);
        deadline.ThrowIfPassed($"delete {seen.Key}");
        lock (_lock)
        {
            RoundTrips++;
            Compare(seen);
            _objects.Remove(EtcdPath.Of(seen.Key));
            _revision++;
        }

        After?.Invoke("delete", seen.Key);
    }

    private IReadOnlyList<Entry> Answer(Query query)
    {
        if (query is Key key)
            return _objects.TryGetValue(EtcdPath.Of(key), out var found) ? [ToEntry(key, found)] : [];
        var prefix = EtcdPath.PrefixOf((Scope)query);
        return _objects.Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal) && EtcdPath.Parse(o.Key) is not null)
            .Select(o => ToEntry(EtcdPath.Parse(o.Key)!, o.Value)).ToList();
    }

    private void Compare(Entry seen)
    {
        if (!_objects.TryGetValue(EtcdPath.Of(seen.Key), out var now))
            throw DatastoreException.NotFound(seen.Key);
        if (Revision(now.Revision) != seen.Revision)
            throw DatastoreException.Conflict(seen.Key);
    }

    private Entry Store(Key key, Resource value)
    {
        var stored = (Json: EtcdJson.Write(value), Revision: ++_revision);
        _objects[EtcdPath.Of(key)] = stored;
        return ToEntry(key, stored);
    }

    private static Entry ToEntry(Key key, (byte[] Json, long Revision) stored) => new(key, EtcdJson.Read(key, stored.Json), Revision(stored.Revision));

    private static string Revision(long revision) => revision.ToString(CultureInfo.InvariantCulture);
}
