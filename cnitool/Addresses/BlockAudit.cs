using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.CalicoIpam;
using CniPlugins.Net;

namespace CniPlugins.Cnitool.Addresses;

/// <summary>What is wrong in a datastore: what contradicts itself, whoever's it is; what nobody uses, of this node, whose runtime can be asked.</summary>
/// <remarks>Handles are read with the blocks and not before them, so an ADD between its two writes shows as a leaked handle for that moment.</remarks>
internal sealed class BlockAudit
{
    public const string LeakedAddress = "leaked address";
    public const string LeakedHandle = "leaked handle";
    public const string LeakedAffinity = "affinity without block";

    private readonly IReadOnlyList<Entry>[] _answers;
    private readonly IReadOnlyList<IpPool> _pools;
    private readonly IReadOnlyList<Block> _blocks;
    private readonly string _network;
    private readonly string _node;
    private readonly LivingAttachments _living;

    public BlockAudit(IDatastore store, string network, string node, LivingAttachments living, Deadline deadline)
    {
        _answers = store.Read([new AllPools(), new AllBlocks(), new AllHandles(), new AllAffinities(), new AllReservations(), new AllNodes()], deadline);
        _pools = BlockState.Readable<IpPool>(_answers[0]);
        _blocks = BlockState.Readable<Block>(_answers[1]);
        (_network, _node, _living) = (network, node, living);
    }

    /// <summary>By which a later call sees that an address still has the allocation it had.</summary>
    public static string Fingerprint(Block block, int ordinal, Attribution attribution) => $"{attribution.HandleId} {block.AllocatedAt.GetValueOrDefault(ordinal)}";

    public IEnumerable<Problem> Problems() =>
        [.. Unreadable(), .. _blocks.SelectMany(Broken), .. Overlapping(), .. Unclaimed(), .. Leaked(), .. Handles(), .. Affinities(), .. InUse()];

    private IEnumerable<Problem> Unreadable() =>
        from entry in _answers.SelectMany(answer => answer)
        where entry.Value is Unreadable
        select new Problem("unreadable", entry.Key.ToString(), $"{((Unreadable)entry.Value).Why}; it is left as it is: repair or delete it");

    /// <summary>A block's own contradictions (ipam-model.md 9).</summary>
    private static IEnumerable<Problem> Broken(Block block)
    {
        var subject = block.Cidr.ToString();
        var used = new HashSet<int>();
        for (var ordinal = 0; ordinal < block.Size; ordinal++)
        {
            var index = block.Allocations[ordinal];
            used.Add(index);
            if (index != Block.Free && (index < 0 || index >= block.Attributes.Count))
                yield return new Problem("broken block", subject, $"{block.AddressOf(ordinal)} is allocated to attributes that are not there ({index})");
        }

        if (Enumerable.Range(0, block.Attributes.Count).Any(index => !used.Contains(index)))
            yield return new Problem("broken block", subject, "has attributes that no address refers to");
        var free = block.Unallocated.ToHashSet();
        if (free.Count != block.Unallocated.Length || free.Any(ordinal => ordinal < 0 || ordinal >= block.Size || block.Allocations[ordinal] != Block.Free))
            yield return new Problem("broken block", subject, "its list of free addresses names some twice, or some that are taken: they may be given out twice");
        else if (free.Count != block.Allocations.Count(index => index == Block.Free))
            yield return new Problem("broken block", subject, "its list of free addresses is not complete: some are never given out");
    }

    /// <summary>Blocks that share addresses, which both give out.</summary>
    private IEnumerable<Problem> Overlapping()
    {
        var sorted = _blocks.OrderBy(block => block.Cidr.First).ThenBy(block => block.Cidr.PrefixLength).ToList();
        for (var i = 1; i < sorted.Count; i++)
        {
            if (sorted[i - 1].Cidr.Contains(sorted[i].Cidr.First))
                yield return new Problem("overlapping blocks", sorted[i].Cidr.ToString(), $"lies in {sorted[i - 1].Cidr}: both give out its addresses");
        }
    }

    private IEnumerable<Problem> Unclaimed()
    {
        var claims = _answers[3].Select(entry => entry.Key).ToHashSet();
        foreach (var block in _blocks)
        {
            if (_pools.All(pool => !pool.Cidr.Contains(block.Cidr.First)))
                yield return new Problem("block in no pool", block.Cidr.ToString(), $"of {block.Affinity ?? "nobody"}: add a pool around it, or release its addresses");
            if (BlockOwner.Parse(block.Affinity) is { Type: AffinityType.Host } owner && !claims.Contains(new AffinityKey(owner, block.Cidr)))
                yield return new Problem("block without affinity", block.Cidr.ToString(), $"names {owner} as its owner, who does not know it; the owner's next new block will be this one");
        }
    }

    /// <summary>Addresses of this node's pods that its runtime does not know (any more).</summary>
    private IEnumerable<Problem> Leaked()
    {
        foreach (var (block, ordinal, attribution) in Allocations())
        {
            if (!_living.AreKnown || attribution.HandleId is not { } handle || !IsPodHere(attribution) || IsYoung(attribution) || _living.HasHandle(handle))
                continue;
            var pod = attribution.Owner!.TryGetValue("pod", out var name) ? $" (pod {attribution.Owner.GetValueOrDefault("namespace", "")}/{name})" : "";
            yield return new Problem(LeakedAddress, block.AddressOf(ordinal).ToString(), $"held by {handle}{pod}, which the runtime of this node ({_node}) does not know")
            {
                IsReleasable = true,
                Fingerprint = Fingerprint(block, ordinal, attribution),
            };
        }
    }

    /// <summary>A pod of the network in question on this node: not a tunnel's address, not a virtual machine's that moves between nodes.</summary>
    private bool IsPodHere(Attribution attribution) =>
        attribution.ReleasedAt is null && attribution.Owner is { } owner && owner.GetValueOrDefault("node", "") == _node
        && !owner.ContainsKey("type") && !owner.ContainsKey("vmi-name")
        && (_network.Length == 0 || attribution.HandleId!.StartsWith($"{_network}.", StringComparison.Ordinal));

    /// <summary>Whether an ADD may still be under way; a time that lies ahead (somebody has set the clock) says nothing.</summary>
    private bool IsYoung(Attribution attribution) =>
        PodIdentity.ParseTimestamp(attribution.Owner?.GetValueOrDefault("timestamp", "") ?? "") is { } since
        && DateTimeOffset.UtcNow - since is var age && age >= TimeSpan.Zero && age < _living.Grace;

    /// <summary>Handles that count more than there is, and addresses whose handle does not count them.</summary>
    private IEnumerable<Problem> Handles()
    {
        var counts = new Dictionary<(string Handle, Cidr Block), int>();
        var held = new Dictionary<string, List<IpAddress>>();
        foreach (var (block, ordinal, attribution) in Allocations())
        {
            if (Attribution.Clean(attribution.HandleId) is not { } handle || handle == Attribution.WindowsReserved)
                continue;
            counts[(handle, block.Cidr)] = counts.GetValueOrDefault((handle, block.Cidr)) + 1;
            if (!held.TryGetValue(handle, out var addresses))
                held[handle] = addresses = [];
            addresses.Add(block.AddressOf(ordinal));
        }

        foreach (var entry in _answers[2])
        {
            if (entry.Value is not BlockHandle handle || entry.Key is not HandleKey key)
                continue;
            if (handle.Counts.Sum(count => count.Count) - handle.Counts.Sum(count => Math.Min(count.Count, counts.GetValueOrDefault((key.Id, count.Block)))) is > 0 and var excess)
                yield return new Problem(LeakedHandle, key.Id, $"counts {excess} more addresses than the blocks have for it") { IsReleasable = true, Fingerprint = entry.Revision };
            foreach (var (id, block) in counts.Keys.Where(pair => pair.Handle == key.Id && handle.CountIn(pair.Block) == 0).ToList())
                yield return new Problem("handle without block", id, $"does not name {block}, where it has addresses: DEL does not find those");
        }

        var known = _answers[2].Select(entry => entry.Key).OfType<HandleKey>().Select(key => key.Id).ToHashSet();
        foreach (var (id, addresses) in held.Where(pair => !known.Contains(pair.Key)))
        {
            foreach (var address in addresses)
                yield return new Problem("address without handle", address.ToString(), $"held by {id}, which is not there: DEL does not find it; release the address when its pod is gone");
        }
    }

    private IEnumerable<Problem> Affinities()
    {
        var blocks = _blocks.ToDictionary(block => block.Cidr);
        foreach (var entry in _answers[3])
        {
            if (entry.Key is not AffinityKey key || entry.Value is not BlockAffinity affinity)
                continue;
            if (!blocks.TryGetValue(key.Cidr, out var block))
            {
                yield return new Problem(LeakedAffinity, $"{key.Owner} {key.Cidr}", $"the claim is {affinity.State}, the block is not there: {key.Owner.Name} was stopped while claiming it, or is")
                {
                    IsReleasable = true,
                    Fingerprint = entry.Revision,
                };
            }
            else if (affinity.State == AffinityState.Confirmed && BlockOwner.Parse(block.Affinity) != key.Owner)
            {
                yield return new Problem("affinity for another's block", $"{key.Owner} {key.Cidr}", $"the block's owner is {block.Affinity ?? "nobody"}") { IsReleasable = true, Fingerprint = entry.Revision };
            }
        }
    }

    /// <summary>Addresses that this node's pods use, and the datastore would give, or has given, to another.</summary>
    private IEnumerable<Problem> InUse()
    {
        if (_network.Length == 0)
            yield break;
        foreach (var (address, attachment) in _living.Addresses(_network).Where(use => _pools.Any(pool => pool.Cidr.Contains(use.Address))))
        {
            var holders = Allocations().Where(held => held.Block.AddressOf(held.Ordinal) == address).Select(held => held.Attribution.HandleId ?? "nobody").ToList();
            var handle = $"{_network}.{attachment.ContainerId}";
            if (holders.Count == 0)
                yield return new Problem("in use, not reserved", address.ToString(), $"{attachment.ContainerId}/{attachment.IfName} has it, and the next pod may get it too; recreate that pod");
            else if (holders.Exists(holder => Attribution.Clean(holder) != handle))
                yield return new Problem("held twice", address.ToString(), $"{attachment.ContainerId}/{attachment.IfName} has it, but it is reserved for {string.Join(", ", holders)}; recreate one of them");
        }
    }

    private IEnumerable<(Block Block, int Ordinal, Attribution Attribution)> Allocations() =>
        from block in _blocks
        from ordinal in Enumerable.Range(0, block.Size)
        let index = block.Allocations[ordinal]
        where index != Block.Free && index >= 0 && index < block.Attributes.Count
        select (block, ordinal, block.Attributes[index]);
}
