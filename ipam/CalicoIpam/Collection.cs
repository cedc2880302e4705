using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Linux;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>GC: releases this node's addresses of a network that belong to no valid attachment, and were there when the call began.</summary>
/// <remarks>
/// What is released is what the first reading showed, by its sequence number: an address that changes hands meanwhile is not touched, whatever the clocks
/// say. Other nodes' addresses, tunnels' and virtual machines' (which move between nodes) are none of this call's business.
/// </remarks>
internal sealed class Collection(Session session, GcRequest request)
{
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow - TimeSpan.FromMicroseconds((BootClock.Nanoseconds - request.Started) / 1_000.0);
    private readonly string _node = NodeName.Of(new OptionReader(request.Conf.Root));
    private readonly HashSet<string> _valid = [.. request.Valid.Select(attachment => $"{request.Network}.{attachment.ContainerId}")];

    public bool Run()
    {
        var deadline = Deadline.After(Session.ForAddresses);
        var blocks = Blocks(deadline);
        var garbage = blocks.SelectMany(Garbage).ToList();
        if (garbage.Count == 0 && Leftovers(blocks, deadline).Count == 0)
            return true;
        using var held = HostLock.Take(request.Conf, session.Log);
        deadline = Deadline.After(Session.ForAddresses); // the wait for the lock does not count
        foreach (var one in garbage)
            Release(one, deadline);
        foreach (var handle in Leftovers(blocks, deadline))
        {
            if (session.Blocks.DropHandle(handle, deadline))
                session.Log.Warning($"removed {handle}, which holds no address and belongs to no attachment");
        }

        return true;
    }

    /// <summary>
    /// Handles that count addresses which nobody has: what is left of a call that died between its two writes. Only those that count in this node's blocks
    /// alone; but another node may be about to borrow from them, and who could not have the host's lock goes on without. So what is found here is only dropped while
    /// it holds nothing (<see cref="BlockIpam.DropHandle"/>): an assignment under way keeps its address, or fails and counts again.
    /// </summary>
    private IReadOnlyList<string> Leftovers(IReadOnlyList<Block> blocks, Deadline deadline)
    {
        var own = blocks.Where(block => BlockOwner.Parse(block.Affinity) is { } owner && owner == BlockOwner.Host(_node)).Select(block => block.Cidr).ToHashSet();
        return
        [
            .. from entry in session.Store.List(new AllHandles(), deadline)
               let handle = ((HandleKey)entry.Key).Id
               where IsOfNetwork(handle) && !_valid.Contains(handle) && entry.As<BlockHandle>().Counts.All(count => own.Contains(count.Block))
               where session.Blocks.AddressesOf(handle, deadline).Count == 0
               select handle,
        ];
    }

    /// <summary>One by one: of several in a block, one that changed hands would keep the others.</summary>
    private void Release(ReleaseRequest garbage, Deadline deadline)
    {
        var outcome = session.Blocks.Release([garbage], deadline);
        if (outcome.Error is IpamException { Failure: IpamFailure.Conflict })
            session.Log.Info($"{garbage.Address} is not {garbage.Handle}'s any more");
        else if (outcome.Error is not null)
            throw CniException.Because($"release {garbage.Address} of {garbage.Handle}", outcome.Error);
        else
            session.Log.Warning($"released {garbage.Address} of {garbage.Handle}, which belongs to no attachment");
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
                yield return new ReleaseRequest(block.AddressOf(ordinal), attribution.HandleId, block.AllocatedAt.GetValueOrDefault(ordinal));
        }
    }

    private bool IsGarbage(Attribution attribution)
    {
        if (attribution is not { HandleId: { } handle, ReleasedAt: null, Owner: { } owner } || owner.GetValueOrDefault("node", "") != _node)
            return false;
        if (owner.ContainsKey("type") || owner.ContainsKey("vmi-name") || _valid.Contains(handle))
            return false;

        return IsOfNetwork(handle) && (PodIdentity.ParseTimestamp(owner.GetValueOrDefault("timestamp", "")) is not { } born || born <= _started || born > DateTimeOffset.UtcNow);
    }

    /// <summary>A network "a" and one called "a.b": what follows the name must be a container ID, which has no dots.</summary>
    private bool IsOfNetwork(string handle) =>
        handle.StartsWith($"{request.Network}.", StringComparison.Ordinal) && !handle.AsSpan(request.Network.Length + 1).Contains('.');
}
