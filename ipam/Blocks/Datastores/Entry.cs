using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.Datastores;

/// <summary>An object as a datastore had it at a revision.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Value">What it is; <see cref="Unreadable"/> when what is stored makes no sense.</param>
/// <param name="Revision">Opaque; changes with every update.</param>
internal sealed record Entry(Key Key, Resource Value, string Revision)
{
    /// <summary>The value as what its key says it is.</summary>
    /// <exception cref="DatastoreException">It cannot be read (<see cref="DatastoreFailure.Corrupt"/>).</exception>
    public T As<T>()
        where T : Resource => Value as T ?? throw DatastoreException.Corrupt(Key, Value is Unreadable unreadable ? unreadable.Why : "it is something else");
}
