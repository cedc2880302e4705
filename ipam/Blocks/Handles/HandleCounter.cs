using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Handles;

/// <summary>Keeps a handle's counts: raised before an address is given out, lowered after it was taken back, so that they never say too little.</summary>
internal sealed class HandleCounter(IDatastore store, Clock clock, string handle)
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(30); // what putting right has, however late it is

    private readonly HandleKey _key = new(handle);
    private Entry? _seen; // as of our last write or look

    /// <summary>Counts so many addresses more in a block.</summary>
    /// <exception cref="IpamException">HandleLimit: the family would have more than that.</exception>
    public void Add(Cidr block, int count, int mostPerFamily, Deadline deadline)
    {
        for (var attempts = new Attempts(clock, deadline); ; attempts.Again($"count {_key}"))
        {
            Limit(block, count, mostPerFamily);
            try
            {
                // Most handles are new: asking first would be a round trip for nothing.
                _seen = _seen is null
                    ? store.Create(_key, BlockHandle.Of(block, count), deadline)
                    : store.Update(_seen, More(_seen.As<BlockHandle>(), block, count), deadline);
                return;
            }
            catch (DatastoreException e) when (e.Failure is DatastoreFailure.AlreadyExists or DatastoreFailure.RevisionConflict or DatastoreFailure.NotFound)
            {
                _seen = store.Find(_key, deadline);
            }
        }
    }

    /// <summary>Counts so many addresses fewer in a block; a handle without any is deleted.</summary>
    public void Remove(Cidr block, int count, Deadline deadline)
    {
        deadline = deadline.AtLeast(Rest);
        for (var attempts = new Attempts(clock, deadline); ; attempts.Again($"count {_key}"))
        {
            _seen ??= store.Find(_key, deadline);
            if (_seen is null)
                return; // nobody counts it any more
            var known = _seen.As<BlockHandle>();
            var fewer = known.With(block, Math.Max(0, known.CountIn(block) - count));
            if (TryReplace(_seen, fewer, deadline))
                return;
            _seen = null;
        }
    }

    /// <summary>Writes what the handle holds after all; false when somebody changed it since.</summary>
    public bool TryReplace(Entry seen, BlockHandle counts, Deadline deadline)
    {
        try
        {
            if (counts.Counts.Count > 0)
            {
                _seen = store.Update(seen, counts, deadline);
                return true;
            }

            store.Delete(seen, deadline);
            _seen = null;
            return true;
        }
        catch (DatastoreException e) when (e.Failure == DatastoreFailure.NotFound)
        {
            _seen = null;
            return true;
        }
        catch (DatastoreException e) when (e.Failure == DatastoreFailure.RevisionConflict)
        {
            _seen = null;
            return false;
        }
    }

    private static BlockHandle More(BlockHandle known, Cidr block, int count) => known.With(block, known.CountIn(block) + count);

    private void Limit(Cidr block, int count, int mostPerFamily)
    {
        if (mostPerFamily == 0)
            return;
        var held = count;
        foreach (var (counted, number) in _seen?.As<BlockHandle>().Counts ?? [])
            held += counted.Address.IsV6 == block.Address.IsV6 ? number : 0;
        if (held > mostPerFamily)
            throw new IpamException(IpamFailure.HandleLimit, $"max alloc reached: {_key} would have {held} of {mostPerFamily} addresses");
    }
}
