using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.Datastores;

/// <summary>Where pools, blocks, affinities and handles are kept: objects with revisions, each changed alone.</summary>
/// <remarks>
/// Nothing is asked of a datastore but this: an update or deletion happens only if the object still has the revision that the caller saw. There are no
/// transactions over several objects (Kubernetes has none), so callers write in an order in which every prefix makes sense.
/// Implementations may be called by one thread at a time.
/// </remarks>
internal interface IDatastore
{
    /// <summary>
    /// Answers several questions, in one round trip if the datastore can (they need not be of one moment). The answer to a <see cref="Key"/> has one entry or
    /// none, that to a <see cref="Scope"/> is sorted by key as the datastore sorts it.
    /// </summary>
    /// <exception cref="DatastoreException">Unavailable or Refused; nothing else: what cannot be read is an <see cref="Unreadable"/>.</exception>
    IReadOnlyList<Entry>[] Read(IReadOnlyList<Query> queries, Deadline deadline);

    /// <summary>Creates an object that is not there yet.</summary>
    /// <exception cref="DatastoreException">AlreadyExists, Unavailable (it may or may not have happened), Refused.</exception>
    Entry Create(Key key, Resource value, Deadline deadline);

    /// <summary>Replaces what was seen by another value.</summary>
    /// <exception cref="DatastoreException">RevisionConflict, NotFound, Unavailable (it may or may not have happened), Refused.</exception>
    Entry Update(Entry seen, Resource value, Deadline deadline);

    /// <summary>Deletes what was seen, if it is still the same.</summary>
    /// <exception cref="DatastoreException">RevisionConflict, NotFound, Unavailable (it may or may not have happened), Refused.</exception>
    void Delete(Entry seen, Deadline deadline);
}

/// <summary>Single questions.</summary>
internal static class DatastoreQuestions
{
    /// <summary>One object, or null.</summary>
    public static Entry? Find(this IDatastore store, Key key, Deadline deadline) => store.Read([key], deadline)[0] is [var entry, ..] ? entry : null;

    /// <summary>All objects of a scope, sorted by key.</summary>
    public static IReadOnlyList<Entry> List(this IDatastore store, Scope scope, Deadline deadline) => store.Read([scope], deadline)[0];

    /// <summary>The values of a list.</summary>
    /// <exception cref="DatastoreException">One of them cannot be read (Corrupt); the message names it.</exception>
    public static List<T> As<T>(this IReadOnlyList<Entry> entries)
        where T : Resource
    {
        var values = new List<T>(entries.Count);
        foreach (var entry in entries)
            values.Add(entry.As<T>());
        return values;
    }
}
