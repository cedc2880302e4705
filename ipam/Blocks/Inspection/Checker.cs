using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Inspection;

/// <summary>Compares blocks, handles, affinities, pools and nodes with each other. Nothing is changed.</summary>
internal sealed class Checker
{
    private readonly List<Problem> _problems = [];
    private readonly List<AddressHolder> _holders = [];
    private readonly Dictionary<Cidr, Block> _blocks = [];
    private readonly Dictionary<string, BlockHandle> _handles = new(StringComparer.Ordinal);
    private readonly HashSet<(string Owner, Cidr Block)> _affinities = [];
    private readonly Dictionary<(string Handle, Cidr Block), List<IpAddress>> _held = [];

    private Checker()
    {
    }

    /// <summary>
    /// Looks twice, and reports what was wrong both times in the same way: a datastore that is in use is not read in one moment.
    /// </summary>
    public static CheckReport Run(IDatastore store, Deadline deadline)
    {
        var first = new Checker().Look(store, deadline);
        if (first.Problems.Count == 0)
            return first;
        var second = new Checker().Look(store, deadline);
        var seen = new HashSet<Problem>(first.Problems);
        var lasting = new List<Problem>();
        foreach (var problem in second.Problems)
        {
            if (seen.Contains(problem))
                lasting.Add(problem);
        }

        return second with { Problems = lasting };
    }

    private CheckReport Look(IDatastore store, Deadline deadline)
    {
        // Handles count first and blocks follow, so handles are read last: what is held is then counted.
        var answers = store.Read(
            [new AllBlocks(), new AllAffinities(AffinityType.Host), new AllAffinities(AffinityType.Virtual), new AllPools(), new AllNodes()], deadline);
        var handles = store.List(new AllHandles(), deadline);
        foreach (var block in Readable<Block>(answers[0]))
            _blocks[block.Value.Cidr] = block.Value;
        foreach (var handle in Readable<BlockHandle>(handles))
            _handles[((HandleKey)handle.Entry.Key).Id] = handle.Value;
        CheckBlocks();
        CheckHandles();
        CheckAffinities([.. answers[1], .. answers[2]]);
        new Surroundings(_blocks.Values, Readable<IpPool>(answers[3]), Readable<ClusterNode>(answers[4]), _affinities, _problems).Check();
        return new CheckReport(_problems, _holders);
    }

    private void CheckBlocks()
    {
        foreach (var block in _blocks.Values)
        {
            foreach (var holder in AddressHolder.In(block))
            {
                _holders.Add(holder);
                if (holder.Holder.ReleasedAt is null && Attribution.Clean(holder.Holder.HandleId) is { Length: > 0 } handle
                    && !string.Equals(handle, Attribution.WindowsReserved, StringComparison.OrdinalIgnoreCase))
                    Hold((handle, block.Cidr), holder.Address);
            }
        }

        foreach (var ((handle, cidr), addresses) in _held)
        {
            var counted = _handles.TryGetValue(handle, out var known) ? known.CountIn(cidr) : 0;
            if (known is null)
                Report(ProblemKind.AddressWithoutHandle, new HandleKey(handle), $"{addresses.Count} addresses of {cidr} are held by handle {handle}, which does not exist", addresses);
            else if (counted < addresses.Count)
                Report(ProblemKind.UnderCount, new HandleKey(handle), $"handle {handle} counts {counted} of its {addresses.Count} addresses in {cidr}", addresses);
        }
    }

    private void Hold((string, Cidr) by, IpAddress address)
    {
        if (!_held.TryGetValue(by, out var addresses))
            _held[by] = addresses = [];
        addresses.Add(address);
    }

    private void CheckHandles()
    {
        foreach (var (id, handle) in _handles)
        {
            var held = 0;
            foreach (var (cidr, count) in handle.Counts)
            {
                var here = _held.TryGetValue((id, cidr), out var addresses) ? addresses.Count : 0;
                held += here;
                if (here > 0 && count > here)
                    Report(ProblemKind.OverCount, new HandleKey(id), $"handle {id} counts {count} addresses in {cidr}, which has {here} of it", []);
            }

            if (held == 0)
                Report(ProblemKind.LeakedHandle, new HandleKey(id), $"handle {id} holds no address", []);
        }
    }

    private void CheckAffinities(IReadOnlyList<Entry> entries)
    {
        foreach (var (entry, affinity) in Readable<BlockAffinity>(entries))
        {
            var key = (AffinityKey)entry.Key;
            var owner = key.Owner.ToString();
            _affinities.Add((owner, key.Cidr));
            var block = _blocks.GetValueOrDefault(key.Cidr);
            if (block is not null && block.Affinity != owner)
                Report(ProblemKind.StaleAffinity, key, $"{owner} has an affinity for {key.Cidr}, which belongs to {block.Affinity ?? "nobody"}", []);
            else if (affinity.State != AffinityState.Confirmed)
                Report(ProblemKind.UnfinishedClaim, key, $"{owner} stopped half-way in {(affinity.State == AffinityState.Pending ? "claiming" : "releasing")} {key.Cidr}", []);
            else if (block is null)
                Report(ProblemKind.AffinityWithoutBlock, key, $"{owner} has {key.Cidr} confirmed, but there is no such block", []);
        }
    }

    private List<(Entry Entry, T Value)> Readable<T>(IReadOnlyList<Entry> entries)
        where T : Resource
    {
        var readable = new List<(Entry, T)>(entries.Count);
        foreach (var entry in entries)
        {
            if (entry.Value is T value)
                readable.Add((entry, value));
            else
                Report(ProblemKind.Unreadable, entry.Key, $"{entry.Key} cannot be read: {(entry.Value as Unreadable)?.Why}", []);
        }

        return readable;
    }

    private void Report(ProblemKind kind, Key key, string text, IReadOnlyList<IpAddress> addresses) => _problems.Add(new Problem(kind, key, text, addresses));
}
