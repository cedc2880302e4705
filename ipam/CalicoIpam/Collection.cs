using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>GC: releases this node's addresses of a network that belong to no valid attachment, and were there when the call began.</summary>
/// <remarks>
/// What is released is what the first reading showed, by its sequence number: an address that changes hands meanwhile is not touched, whatever the clocks
/// say. Other nodes' addresses, tunnels' and virtual machines' (which move between nodes) are none of this call's business.
/// </remarks>
internal sealed class Collection(Session session, GcRequest request)
{
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;
    private readonly string _node = NodeName.Of(request.Conf.Root);
    private readonly HashSet<string> _valid = [.. request.Valid.Select(attachment => $"{request.Network}.{attachment.ContainerId}")];

    public bool Run()
    {
        var deadline = Deadline.After(Session.ForAddresses);
        var garbage = Blocks(deadline).SelectMany(Garbage).ToList();
        if (garbage.Count == 0)
            return true;
        using var held = HostLock.Take(request.Conf.Root, session.Log);
        // The wait for the lock is over: what remains is this call's own time.
        var released = session.Blocks.Release(garbage, Deadline.After(Session.ForAddresses));
        session.Log.Warning($"released {released.Count} addresses that belong to no attachment: {string.Join(", ", garbage.Select(one => $"{one.Address} of {one.Handle}"))}");
        return true;
    }

    /// <summary>All blocks in which this node may have addresses: with strict affinity only its own.</summary>
    private IReadOnlyList<Block> Blocks(Deadline deadline)
    {
        var answers = session.Store.Read([new SettingsKey(), new AffinitiesOf(BlockOwner.Host(_node))], deadline);
        var strict = answers[0].Select(entry => entry.Value).OfType<BlockSettings>().Any(settings => settings.StrictAffinity);
        var entries = strict
            ? session.Store.Read([.. answers[1].Select(entry => entry.Key).OfType<AffinityKey>().Select(key => new BlockKey(key.Cidr))], deadline).SelectMany(answer => answer)
            : session.Store.List(new AllBlocks(), deadline);
        return [.. entries.Select(entry => entry.Value).OfType<Block>()];
    }

    private IEnumerable<ReleaseRequest> Garbage(Block block)
    {
        for (var ordinal = 0; ordinal < block.Size; ordinal++)
        {
            var index = block.Allocations[ordinal];
            if (index >= 0 && index < block.Attributes.Count && block.Attributes[index] is var attribution && IsGarbage(attribution))
                yield return new ReleaseRequest(block.AddressOf(ordinal), attribution.HandleId) { SequenceNumber = block.AllocatedAt.GetValueOrDefault(ordinal) };
        }
    }

    private bool IsGarbage(Attribution attribution)
    {
        if (attribution is not { HandleId: { } handle, ReleasedAt: null, Owner: { } owner } || owner.GetValueOrDefault("node", "") != _node)
            return false;
        if (owner.ContainsKey("type") || owner.ContainsKey("vmi-name") || _valid.Contains(handle))
            return false;

        // A network "a" and one called "a.b": what follows the name must be a container ID, which has no dots.
        if (!handle.StartsWith($"{request.Network}.", StringComparison.Ordinal) || handle.AsSpan(request.Network.Length + 1).Contains('.'))
            return false;
        return PodIdentity.ParseTimestamp(owner.GetValueOrDefault("timestamp", "")) is not { } born || born <= _started || born > DateTimeOffset.UtcNow;
    }
}
