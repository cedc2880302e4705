using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.Datastores;

/// <summary>A datastore that can be asked beforehand: what several will want to know of it is one round trip, and what one of them has read is there for the other.</summary>
/// <remarks>
/// For one short call. What a node only reads (settings, pools, reservations, nodes …) is kept to its end; of what it may write, an answer counts once, and
/// then the datastore is asked again: who was slower than somebody else must see what is there now.
/// </remarks>
internal sealed class ReadAheadDatastore(IDatastore store) : IDatastore, IDisposable
{
    private readonly Dictionary<Query, IReadOnlyList<Entry>> _kept = [];

    /// <summary>The datastore itself.</summary>
    public IDatastore Inner => store;

    public void Dispose() => (store as IDisposable)?.Dispose();

    /// <summary>Asks, answers, and remembers.</summary>
    public IReadOnlyList<Entry>[] ReadAhead(IReadOnlyList<Query> queries, Deadline deadline)
    {
        var missing = new List<Query>(queries.Count);
        foreach (var query in queries)
        {
            if (!_kept.ContainsKey(query) && !missing.Contains(query))
                missing.Add(query);
        }

        var found = missing.Count == 0 ? [] : store.Read(missing, deadline);
        for (var i = 0; i < found.Length; i++)
            _kept[missing[i]] = found[i];
        var answers = new IReadOnlyList<Entry>[queries.Count];
        for (var i = 0; i < answers.Length; i++)
            answers[i] = _kept[queries[i]];
        return answers;
    }

    public IReadOnlyList<Entry>[] Read(IReadOnlyList<Query> queries, Deadline deadline)
    {
        var answers = ReadAhead(queries, deadline);
        foreach (var query in queries)
        {
            if (MayChange(query))
                _kept.Remove(query);
        }

        return answers;
    }

    public Entry Create(Key key, Resource value, Deadline deadline)
    {
        Forget(key);
        return store.Create(key, value, deadline);
    }

    public Entry Update(Entry seen, Resource value, Deadline deadline)
    {
        Forget(seen.Key);
        return store.Update(seen, value, deadline);
    }

    public void Delete(Entry seen, Deadline deadline)
    {
        Forget(seen.Key);
        store.Delete(seen, deadline);
    }

    private static bool MayChange(Query query) => query is BlockKey or AffinityKey or HandleKey or AllBlocks or AffinitiesOf or AllAffinities or AllHandles or PodKey;

    /// <summary>The object itself, and every list that it may be in.</summary>
    private void Forget(Key key)
    {
        foreach (var query in new List<Query>(_kept.Keys))
        {
            if (query == key || query is Scope)
                _kept.Remove(query);
        }
    }
}
