using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Editing;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.Claiming;

/// <summary>How a block becomes somebody's: affinity <c>pending</c>, then the block, then affinity <c>confirmed</c>.</summary>
/// <remarks>
/// Two owners may both hold a pending affinity for a block; the creation of the block decides. An affinity exists before the block names its owner, and goes
/// after the block no longer does, so whatever a crash leaves is found by the affinity. Every RevisionConflict that comes out of here means: begin again.
/// </remarks>
internal sealed class Claims(IDatastore store, Clock clock, Deadline deadline)
{
    /// <summary>Announces the claim: the affinity, pending, or confirmed if it is so already.</summary>
    public Entry Announce(AffinityKey key)
    {
        for (var attempts = new Attempts(clock, deadline); ; attempts.Again($"claim {key.Cidr} for {key.Owner}"))
        {
            try
            {
                return store.Create(key, new BlockAffinity(AffinityState.Pending), deadline);
            }
            catch (DatastoreException e) when (e.Failure == DatastoreFailure.AlreadyExists)
            {
                if (store.Find(key, deadline) is not { } existing)
                    continue;
                if (existing.As<BlockAffinity>() is { State: AffinityState.Confirmed, IsLegacy: false })
                    return existing;
                if (TryUpdate(existing, AffinityState.Pending) is { } pending)
                    return pending;
            }
        }
    }

    /// <summary>The block of an affinity: made if it is missing, owned for certain if it is there.</summary>
    /// <param name="affinity">The affinity as it is stored.</param>
    /// <param name="reserved">Ordinals that are kept back if the block is made.</param>
    public Claim Open(Entry affinity, ReservedOrdinals? reserved = null)
    {
        var key = (AffinityKey)affinity.Key;
        if (store.Find(new BlockKey(key.Cidr), deadline) is { } block)
            return Adopt(affinity, block);
        // A new revision, so that everybody else who holds this affinity loses.
        return Make(Update(affinity, AffinityState.Pending), reserved);
    }

    /// <summary>Makes the block of an affinity that was just written as pending; it may turn out to be there.</summary>
    public Claim Make(Entry pending, ReservedOrdinals? reserved)
    {
        var key = (AffinityKey)pending.Key;
        Entry block;
        try
        {
            block = store.Create(new BlockKey(key.Cidr), NewBlock.For(key.Cidr, key.Owner, clock, reserved), deadline);
        }
        catch (DatastoreException e) when (e.Failure == DatastoreFailure.AlreadyExists)
        {
            block = store.Find(new BlockKey(key.Cidr), deadline) ?? throw DatastoreException.Conflict(key);
            if (block.As<Block>().Affinity != key.Owner.ToString())
            {
                Forget(pending);
                return new Claim(ClaimResult.Lost);
            }
        }

        Confirm(pending);
        return new Claim(ClaimResult.Owned, block);
    }

    /// <summary>Takes the block that is there, if it is the affinity's owner's.</summary>
    public Claim Adopt(Entry affinity, Entry block)
    {
        var owner = ((AffinityKey)affinity.Key).Owner.ToString();
        if (block.As<Block>().Affinity != owner)
        {
            Forget(affinity);
            return new Claim(ClaimResult.Stale);
        }

        if (affinity.As<BlockAffinity>().State == AffinityState.Confirmed)
            return new Claim(ClaimResult.Owned, block);
        // Somebody stopped half-way, or is half-way at this moment: new revisions of both, so that only one goes on.
        var pending = Update(affinity, AffinityState.Pending);
        block = store.Update(block, new BlockDraft(block.As<Block>(), clock.Now, int.MaxValue).ToBlock(), deadline);
        Update(pending, AffinityState.Confirmed);
        return new Claim(ClaimResult.Owned, block);
    }

    /// <summary>Gives a block back: affinity <c>pendingDeletion</c>, then the block goes (or only its owner, if it holds addresses), then the affinity.</summary>
    /// <param name="key">Whose block.</param>
    /// <param name="onlyIfEmpty">Not if it holds addresses.</param>
    /// <param name="sequenceNumber">Only if the block still has this number.</param>
    /// <param name="cooldown">How long addresses rest, in seconds: resting ones count as held.</param>
    public LetGoResult LetGo(AffinityKey key, bool onlyIfEmpty, ulong? sequenceNumber, int cooldown)
    {
        var answers = store.Read([key, new BlockKey(key.Cidr)], deadline);
        if (answers[0] is not [var affinity, ..])
            return LetGoResult.NotFound;
        if (answers[1] is not [var stored, ..])
        {
            // A claim that never got further. Whoever is at it right now does not get to confirm this revision, and begins again.
            Delete(Update(affinity, AffinityState.PendingDeletion));
            return LetGoResult.Released;
        }

        var block = stored.As<Block>();
        if (sequenceNumber is { } expected && expected != block.SequenceNumber)
            return LetGoResult.Changed;
        if (block.Affinity is not null && block.Affinity != key.Owner.ToString())
        {
            Delete(affinity);
            return LetGoResult.NotOwner;
        }

        var draft = new BlockDraft(block, clock.Now, cooldown);
        if (onlyIfEmpty && !draft.IsEmpty)
            return LetGoResult.NotEmpty;
        affinity = Update(affinity, AffinityState.PendingDeletion);
        if (draft.IsEmpty)
            Delete(stored);
        else
            store.Update(stored, draft.ToBlock() with { Affinity = null, ClaimedAt = null }, deadline);
        Delete(affinity);
        return LetGoResult.Released;
    }

    private void Confirm(Entry pending)
    {
        if (TryUpdate(pending, AffinityState.Confirmed) is not null)
            return;
        if (store.Find(pending.Key, deadline) is not { } now || now.As<BlockAffinity>().State != AffinityState.Confirmed)
            throw DatastoreException.Conflict(pending.Key);
    }

    /// <summary>Deletes an affinity that turned out to be worth nothing; one that changed meanwhile is looked at when it is used next.</summary>
    private void Forget(Entry affinity)
    {
        try
        {
            store.Delete(affinity, deadline);
        }
        catch (DatastoreException e) when (e.Failure is DatastoreFailure.NotFound or DatastoreFailure.RevisionConflict or DatastoreFailure.Unavailable)
        {
            Linux.StandardError.WriteLine($"{e.Message}; {affinity.Key} stays until it is used next");
        }
    }

    private void Delete(Entry entry)
    {
        try
        {
            store.Delete(entry, deadline);
        }
        catch (DatastoreException e) when (e.Failure == DatastoreFailure.NotFound)
        {
            return; // as it was to be
        }
    }

    private Entry Update(Entry affinity, AffinityState state) =>
        TryUpdate(affinity, state) ?? throw DatastoreException.Conflict(affinity.Key);

    /// <summary>Null when somebody else was faster.</summary>
    private Entry? TryUpdate(Entry affinity, AffinityState state)
    {
        try
        {
            return store.Update(affinity, affinity.As<BlockAffinity>() with { State = state, IsLegacy = false }, deadline);
        }
        catch (DatastoreException e) when (e.Failure is DatastoreFailure.RevisionConflict or DatastoreFailure.NotFound)
        {
            return null;
        }
    }
}
