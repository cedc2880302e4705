using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Editing;
using CniPlugins.Ipam.Blocks.Handles;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.Releasing;

/// <summary>Takes back all that a handle holds, and the handle with it (upstream: ReleaseByHandle).</summary>
/// <remarks>
/// Upstream lowers the count by what it found, so a count that says too much (a crash between the two writes of an assignment) stays for ever. Here the whole
/// count of a block goes, which is safe because of the order: the handle was read first; then the block is written, also if nothing was found in it, so that an
/// assignment under way fails and counts again; then the handle is written only if it is still as it was read.
/// </remarks>
internal sealed class HandleReleaser(IDatastore store, Clock clock)
{
    /// <summary>False when there is no such handle.</summary>
    public bool Release(string handle, Deadline deadline)
    {
        handle = Attribution.Clean(handle)!;
        var existed = false;
        for (var attempts = new Attempts(clock, deadline); ; attempts.Again($"release handle {handle}"))
        {
            var answers = store.Read([new HandleKey(handle), new SettingsKey()], deadline);
            if (answers[0] is not [var seen, ..])
                return existed;
            existed = true;
            var settings = ReleaseSettings.From(answers[1]);
            var counts = seen.As<BlockHandle>();
            ReleaseBlocks(handle, counts, settings, deadline);
            if (new HandleCounter(store, clock, handle).TryReplace(seen, counts with { Counts = [] }, deadline))
                return true;
        }
    }

    /// <summary>
    /// Deletes a handle that counts addresses but holds none; false when it holds one by now, or somebody counts with it. The order is that of
    /// <see cref="Release"/>, so an assignment between its two writes fails and counts again; but one that was faster keeps its address.
    /// </summary>
    public bool Drop(string handle, Deadline deadline)
    {
        if (store.Find(new HandleKey(handle), deadline) is not { } seen)
            return false;
        var counts = seen.As<BlockHandle>();
        foreach (var count in counts.Counts)
        {
            if (!TryDisturb(handle, new BlockKey(count.Block), deadline))
                return false;
        }

        return new HandleCounter(store, clock, handle).TryReplace(seen, counts with { Counts = [] }, deadline);
    }

    /// <summary>Writes a block as it is; false when the handle has an address in it.</summary>
    private bool TryDisturb(string handle, BlockKey key, Deadline deadline)
    {
        var settings = new SettingsStore(store, clock).Read(deadline);
        for (var attempts = new Attempts(clock, deadline); store.Find(key, deadline) is { } stored; attempts.Again($"look for {handle} in {key}"))
        {
            var draft = new BlockDraft(stored.As<Block>(), clock.Now, settings.CooldownSeconds);
            if (draft.OrdinalsOf(handle).Count > 0)
                return false;
            if (new BlockWriter(store, clock, deadline, settings).TryWrite(stored, draft))
                return true;
        }

        return true; // an assignment from a block that is gone fails by itself
    }

    private void ReleaseBlocks(string handle, BlockHandle counts, BlockSettings settings, Deadline deadline)
    {
        if (counts.Counts.Count == 0)
            return;
        var keys = new Query[counts.Counts.Count];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = new BlockKey(counts.Counts[i].Block);
        var answers = store.Read(keys, deadline);
        for (var i = 0; i < keys.Length; i++)
            ReleaseBlock(handle, (BlockKey)keys[i], answers[i] is [var block, ..] ? block : null, settings, deadline);
    }

    private void ReleaseBlock(string handle, BlockKey key, Entry? stored, BlockSettings settings, Deadline deadline)
    {
        var writer = new BlockWriter(store, clock, deadline, settings);
        for (var attempts = new Attempts(clock, deadline); stored is not null; attempts.Again($"release handle {handle} from {key}"))
        {
            var block = stored.As<Block>();
            var draft = new BlockDraft(block, clock.Now, settings.CooldownSeconds);
            var ordinals = draft.OrdinalsOf(handle);
            draft.Release(ordinals);
            if (writer.TryWrite(stored, draft))
            {
                if (ordinals.Count > 0)
                    writer.GiveBackIfEmpty(draft, block);
                return;
            }

            stored = store.Find(key, deadline);
        }
    }
}
