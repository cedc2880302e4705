using CniPlugins.Ipam.Blocks.Claiming;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Editing;
using CniPlugins.Ipam.Blocks.Handles;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.Blocks.Pools;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Assigning;

/// <summary>Gives out one address that is asked for by name (upstream: AssignIP). Selectors, reservations and the block limit do not count here.</summary>
internal sealed class ExactAssigner(IDatastore store, Clock clock)
{
    /// <summary>Assigns the address; returns it with its full length, /32 or /128.</summary>
    /// <exception cref="IpamException">NoPool, AlreadyAssigned, NotOwnBlock, HandleLimit.</exception>
    public Cidr Assign(ExactRequest request, Deadline deadline)
    {
        var view = ClusterView.Read(store, new AssignRequest(request.Host, request.Handle), deadline);
        var pool = PoolSelection.FindEnabled(view.Pools, request.Address)
            ?? throw new IpamException(IpamFailure.NoPool, "The provided IP address is not in a configured pool\n", $"{request.Address} is in no enabled pool");
        if (request.Use.Length > 0 && !PoolSelection.Allows(pool, request.Use))
            throw new IpamException(IpamFailure.NoPool, $"IP pool {pool.Name} ({pool.Cidr}) is not allowed for use {request.Use}");
        try
        {
            Assign(request, pool.BlockOf(request.Address), view, deadline);
        }
        catch (IpamException e) when (e.Failure is IpamFailure.HandleLimit or IpamFailure.AlreadyAssigned && Holds(request, deadline))
        {
            return Cidr.Host(request.Address);
        }

        return Cidr.Host(request.Address);
    }

    private void Assign(ExactRequest request, Cidr cidr, ClusterView view, Deadline deadline)
    {
        var counter = request.Handle is null ? null : new HandleCounter(store, clock, request.Handle);
        var assigner = new BlockAssigner(store, clock, counter, view, deadline);
        var claims = new Claims(store, clock, deadline);
        var owner = BlockOwner.Host(request.Host);
        for (var attempts = new Attempts(clock, deadline); ; attempts.Again($"assign {request.Address}"))
        {
            if ((store.Find(new BlockKey(cidr), deadline) ?? TryClaim(claims, new AffinityKey(owner, cidr))) is not { } stored)
                continue;
            var block = stored.As<Block>();
            if (view.Settings.StrictAffinity && block.Affinity != owner.ToString())
                throw new IpamException(IpamFailure.NotOwnBlock, $"block {cidr} of {request.Address} belongs to {block.Affinity ?? "nobody"}, not to {owner}, and strict affinity is on");
            var draft = new BlockDraft(block, clock.Now, view.Settings.CooldownSeconds);
            var ordinal = block.OrdinalOf(request.Address)!.Value;
            if (!draft.IsFree(ordinal))
                throw new IpamException(IpamFailure.AlreadyAssigned, "Address already assigned in block", $"{request.Address}: {Holder(draft, ordinal)}");
            draft.AssignExactly(ordinal, new Attribution(request.Handle, request.Attributes));
            if (assigner.TryWrite(stored, draft, 1, request.MaxPerFamily))
                return;
        }
    }

    /// <summary>The block, made for this host; null when somebody else makes it at this moment.</summary>
    private static Entry? TryClaim(Claims claims, AffinityKey key)
    {
        try
        {
            return claims.Open(claims.Announce(key)).Block;
        }
        catch (DatastoreException e) when (e.Failure is DatastoreFailure.RevisionConflict or DatastoreFailure.NotFound)
        {
            return null;
        }
    }

    /// <summary>Whether a handle that may hold only so many addresses holds this one.</summary>
    private bool Holds(ExactRequest request, Deadline deadline)
    {
        if (request.MaxPerFamily == 0 || request.Handle is null)
            return false;
        foreach (var held in new HandleView(store).AddressesOf(request.Handle, deadline))
        {
            if (held == request.Address)
                return true;
        }

        return false;
    }

    private static string Holder(BlockDraft draft, int ordinal) =>
        draft.OwnerOf(ordinal) is { } owner ? $"held by handle {Attribution.Clean(owner.HandleId) ?? "none"}" : "it was released a moment ago and rests";
}
