using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Scale;

/// <summary>A node's client of the datastore that knows what it was asked.</summary>
internal sealed class WatchedStore(Server server) : IDatastore, IDisposable
{
    private readonly IDatastore _store = server.Open();

    /// <summary>How often it was waited for so far, retries included.</summary>
    public int RoundTrips => Server.RoundTripsOf(_store);

    /// <summary>How often all blocks, all affinities or all handles of the cluster were asked for.</summary>
    public int FullLists { get; private set; }

    /// <summary>Objects that came back so far.</summary>
    public int Objects { get; private set; }

    /// <summary>How often somebody else had been faster.</summary>
    public int Conflicts { get; private set; }

    public IReadOnlyList<Entry>[] Read(IReadOnlyList<Query> queries, Deadline deadline)
    {
        foreach (var query in queries)
            FullLists += query is AllBlocks or AllAffinities or AllHandles ? 1 : 0;
        var answers = _store.Read(queries, deadline);
        foreach (var answer in answers)
            Objects += answer.Count;
        return answers;
    }

    public Entry Create(Key key, Resource value, Deadline deadline) => Count(() => _store.Create(key, value, deadline));

    public Entry Update(Entry seen, Resource value, Deadline deadline) => Count(() => _store.Update(seen, value, deadline));

    public void Delete(Entry seen, Deadline deadline) => Count(() =>
    {
        _store.Delete(seen, deadline);
        return seen;
    });

    public void Dispose() => ((IDisposable)_store).Dispose();

    private Entry Count(Func<Entry> write)
    {
        try
        {
            return write();
        }
        catch (DatastoreException e) when (e.Failure is DatastoreFailure.RevisionConflict or DatastoreFailure.AlreadyExists)
        {
            Conflicts++;
            throw;
        }
    }
}
