using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Editing;
using CniPlugins.Ipam.Blocks.Handles;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Releasing;

/// <summary>Takes addresses back by name (upstream: ReleaseIPs): all of a block or none of it.</summary>
internal sealed class AddressReleaser(IDatastore store, Clock clock)
{
    public ReleaseOutcome Release(IReadOnlyList<ReleaseRequest> requests, Deadline deadline)
    {
        var outcome = new ReleaseOutcome();
        try
        {
            var answers = store.Read([new SettingsKey(), new AllPools()], deadline);
            var settings = ReleaseSettings.From(answers[0]);
            foreach (var (cidr, wanted) in ByBlock(requests, answers[1], outcome, deadline))
                TryRelease(cidr, wanted, settings, outcome, deadline);
        }
        catch (DatastoreException e)
        {
            outcome.Error ??= e;
        }

        return outcome;
    }

    private void TryRelease(Cidr cidr, List<ReleaseRequest> wanted, BlockSettings settings, ReleaseOutcome outcome, Deadline deadline)
    {
        try
        {
            Release(cidr, wanted, settings, outcome, deadline);
        }
        catch (Exception e) when (e is DatastoreException or IpamException)
        {
            outcome.Error ??= e;
        }
    }

    private void Release(Cidr cidr, List<ReleaseRequest> wanted, BlockSettings settings, ReleaseOutcome outcome, Deadline deadline)
    {
        var writer = new BlockWriter(store, clock, deadline, settings);
        for (var attempts = new Attempts(clock, deadline); ; attempts.Again($"release from {cidr}"))
        {
            if (store.Find(new BlockKey(cidr), deadline) is not { } stored)
            {
                foreach (var request in wanted)
                    outcome.Unallocated.Add(request.Address);
                return;
            }

            var block = stored.As<Block>();
            var draft = new BlockDraft(block, clock.Now, settings.CooldownSeconds);
            var (held, free) = Sort(block, draft, wanted);
            var counts = HandleCounts(draft, held);
            draft.Release(held);
            if (held.Count > 0 && !writer.TryWrite(stored, draft))
                continue;
            foreach (var ordinal in held)
                outcome.Released.Add(block.AddressOf(ordinal));
            outcome.Unallocated.AddRange(free);
            foreach (var (handle, count) in counts)
                new HandleCounter(store, clock, handle).Remove(cidr, count, deadline);
            if (held.Count > 0)
                writer.GiveBackIfEmpty(draft, block);
            return;
        }
    }

    /// <summary>The ordinals to release, ascending, and the addresses that nobody holds.</summary>
    private static (List<int> Held, List<IpAddress> Free) Sort(Block block, BlockDraft draft, List<ReleaseRequest> wanted)
    {
        var (held, free) = (new List<int>(wanted.Count), new List<IpAddress>());
        foreach (var request in wanted)
        {
            var ordinal = block.OrdinalOf(request.Address)!.Value;
            if (held.Contains(ordinal) || free.Contains(request.Address))
                continue; // asked for twice
            var number = block.AllocatedAt.TryGetValue(ordinal, out var at) ? at : 0;
            if (request.SequenceNumber is { } expected && expected != number)
                throw new IpamException(IpamFailure.Conflict, $"{request.Address} was given out at sequence number {number}, not {expected}");
            if (draft.OwnerOf(ordinal) is not { } owner)
                free.Add(request.Address);
            else if (request.Handle is not null && Attribution.Clean(request.Handle) != (Attribution.Clean(owner.HandleId) ?? ""))
                throw new IpamException(IpamFailure.Conflict, $"{request.Address} belongs to handle {Attribution.Clean(owner.HandleId) ?? "none"}, not {request.Handle}");
            else
                held.Add(ordinal);
        }

        held.Sort();
        return (held, free);
    }

    private static Dictionary<string, int> HandleCounts(BlockDraft draft, List<int> ordinals)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var ordinal in ordinals)
        {
            if (Attribution.Clean(draft.OwnerOf(ordinal)?.HandleId) is { Length: > 0 } handle)
                counts[handle] = counts.GetValueOrDefault(handle) + 1;
        }

        return counts;
    }

    /// <summary>The requests by the block that their address is in; an address in no pool may still be in a block.</summary>
    private Dictionary<Cidr, List<ReleaseRequest>> ByBlock(
        IReadOnlyList<ReleaseRequest> requests, IReadOnlyList<Entry> pools, ReleaseOutcome outcome, Deadline deadline)
    {
        var byBlock = new Dictionary<Cidr, List<ReleaseRequest>>();
        IReadOnlyList<Entry>? blocks = null;
        foreach (var request in requests)
        {
            var cidr = BlockByPool(pools, request.Address) ?? BlockByList(blocks ??= store.List(new AllBlocks(), deadline), request.Address);
            if (cidr is not { } block)
                outcome.Unallocated.Add(request.Address);
            else if (byBlock.TryGetValue(block, out var others))
                others.Add(request);
            else
                byBlock[block] = [request];
        }

        return byBlock;
    }

    private static Cidr? BlockByPool(IReadOnlyList<Entry> pools, IpAddress address)
    {
        foreach (var entry in pools)
        {
            if (entry.Value is IpPool pool && pool.Cidr.Contains(address))
                return pool.BlockOf(address);
        }

        return null;
    }

    private static Cidr? BlockByList(IReadOnlyList<Entry> blocks, IpAddress address)
    {
        foreach (var entry in blocks)
        {
            if (((BlockKey)entry.Key).Cidr.Contains(address))
                return ((BlockKey)entry.Key).Cidr;
        }

        return null;
    }
}
