using CniPlugins.Ipam.Blocks.Datastores;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>The datastores that a process has opened: plugins that answer in one process share the connection, and what one of them has read.</summary>
internal sealed class OpenDatastores : IDisposable
{
    private readonly Dictionary<string, ReadAheadDatastore> _open = new(StringComparer.Ordinal);

    public ReadAheadDatastore Open(DatastoreChoice choice)
    {
        var name = choice.ToString();
        if (!_open.TryGetValue(name, out var store))
            _open[name] = store = new ReadAheadDatastore(choice.Open());
        return store;
    }

    public void Dispose()
    {
        foreach (var store in _open.Values)
            store.Dispose();
        _open.Clear();
    }
}
