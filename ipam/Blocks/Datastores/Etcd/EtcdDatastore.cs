using System.Globalization;
using CniPlugins.Ipam.Blocks.EtcdForm;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.Datastores.Etcd;

/// <summary>Objects in etcd, under the keys and in the JSON that Calico uses: its tools read what is written here, and the reverse.</summary>
/// <remarks>
/// A revision is the key's mod_revision. When a connection breaks after a write was sent, nobody knows whether it happened; the write is sent again, and
/// if its comparison then fails over exactly the bytes that were to be written, it had.
/// </remarks>
internal sealed class EtcdDatastore(EtcdSettings settings) : IDatastore, IDisposable
{
    private const int MaxQuestions = 128; // etcd's --max-txn-ops

    private readonly EtcdGateway _gateway = new(settings);

    /// <summary>Requests sent so far.</summary>
    public int RoundTrips => _gateway.RoundTrips;

    public void Dispose() => _gateway.Dispose();

    public IReadOnlyList<Entry>[] Read(IReadOnlyList<Query> queries, Deadline deadline)
    {
        var found = new List<Entry>[queries.Count];
        var open = new Queue<(int Query, EtcdQuestion Question)>(queries.Count);
        for (var i = 0; i < found.Length; i++)
        {
            found[i] = [];
            open.Enqueue((i, new EtcdQuestion(queries[i] is Key key ? EtcdPath.Of(key) : EtcdPath.PrefixOf((Scope)queries[i]))));
        }

        while (open.Count > 0)
        {
            var (asked, part) = (new int[Math.Min(MaxQuestions, open.Count)], new EtcdQuestion[Math.Min(MaxQuestions, open.Count)]);
            for (var i = 0; i < part.Length; i++)
                (asked[i], part[i]) = open.Dequeue();
            var (answer, _) = _gateway.Transact(EtcdRequest.Ranges(part), Describe(queries), deadline);
            for (var i = 0; i < Math.Min(part.Length, answer.Pages.Count); i++)
            {
                var page = answer.Pages[i];
                AddEntries(queries[asked[i]], page.Pairs, found[asked[i]]);
                if (page.HasMore)
                    open.Enqueue((asked[i], part[i] with { After = page.Pairs[^1].Path }));
            }
        }

        return found;
    }

    public Entry Create(Key key, Resource value, Deadline deadline)
    {
        var bytes = EtcdJson.Write(value);
        var (answer, repeated) = _gateway.Transact(EtcdRequest.Put(EtcdPath.Of(key), 0, bytes), $"create {key}", deadline);
        return Written(key, bytes, answer, repeated) ?? throw DatastoreException.AlreadyExists(key);
    }

    public Entry Update(Entry seen, Resource value, Deadline deadline)
    {
        var bytes = EtcdJson.Write(value);
        var (answer, repeated) = _gateway.Transact(EtcdRequest.Put(EtcdPath.Of(seen.Key), Revision(seen), bytes), $"update {seen.Key}", deadline);
        return Written(seen.Key, bytes, answer, repeated)
            ?? throw (Current(answer) is null ? DatastoreException.NotFound(seen.Key) : DatastoreException.Conflict(seen.Key));
    }

    public void Delete(Entry seen, Deadline deadline)
    {
        var (answer, repeated) = _gateway.Transact(EtcdRequest.Delete(EtcdPath.Of(seen.Key), Revision(seen)), $"delete {seen.Key}", deadline);
        if (answer.Succeeded)
            return;
        if (Current(answer) is not null)
            throw DatastoreException.Conflict(seen.Key);
        if (!repeated)
            throw DatastoreException.NotFound(seen.Key);
    }

    /// <summary>The entry as it stands after a write; null when something else stands there.</summary>
    private static Entry? Written(Key key, byte[] bytes, EtcdAnswer answer, bool repeated) =>
        answer.Succeeded ? new Entry(key, EtcdJson.Read(key, bytes), Revision(answer.Revision))
        : repeated && Current(answer) is { } there && there.Value.AsSpan().SequenceEqual(bytes) ? new Entry(key, EtcdJson.Read(key, bytes), Revision(there.Revision))
        : null;

    private static EtcdPair? Current(EtcdAnswer answer) => answer.Pages is [{ Pairs: [var pair, ..] }, ..] ? pair : null;

    private static void AddEntries(Query query, IReadOnlyList<EtcdPair> pairs, List<Entry> entries)
    {
        foreach (var pair in pairs)
        {
            if ((query as Key ?? EtcdPath.Parse(pair.Path)) is { } key) // others keep things there that are none of ours
                entries.Add(new Entry(key, EtcdJson.Read(key, pair.Value), Revision(pair.Revision)));
        }
    }

    private static string Describe(IReadOnlyList<Query> queries) => queries.Count == 1 ? $"read {queries[0]}" : $"read {queries[0]} and {queries.Count - 1} more";

    private static string Revision(long revision) => revision.ToString(CultureInfo.InvariantCulture);

    private static long Revision(Entry seen) => long.Parse(seen.Revision, NumberStyles.None, CultureInfo.InvariantCulture);
}
