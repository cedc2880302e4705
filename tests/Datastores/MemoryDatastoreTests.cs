using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.EtcdForm;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Datastores;

/// <summary>The datastore that the algorithms' tests use keeps the same promises as the real ones.</summary>
public sealed class MemoryDatastoreTests : DatastoreContract
{
    private readonly MemoryDatastore _store = new();

    private protected override IDatastore Store => _store;

    private protected override void Corrupt(Key key, string text) => _store.Put(EtcdPath.Of(key), text);
}
