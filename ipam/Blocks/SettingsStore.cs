using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks;

/// <summary>Reads and changes the cluster's switches.</summary>
internal sealed class SettingsStore(IDatastore store, Clock clock)
{
    /// <summary>The settings; what counts when none are stored is not stored by reading.</summary>
    public BlockSettings Read(Deadline deadline) => store.Find(new SettingsKey(), deadline)?.As<BlockSettings>() ?? new BlockSettings();

    /// <summary>Changes the settings, whoever else does so at the same time.</summary>
    /// <exception cref="IpamException">Invalid: the result contradicts itself.</exception>
    public BlockSettings Change(Func<BlockSettings, BlockSettings> change, Deadline deadline)
    {
        for (var attempts = new Attempts(clock, deadline); ; attempts.Again("change the IPAM config"))
        {
            var stored = store.Find(new SettingsKey(), deadline);
            var changed = change(stored?.As<BlockSettings>() ?? new BlockSettings());
            if (Fault(changed) is { } fault)
                throw new IpamException(IpamFailure.Invalid, fault);
            try
            {
                _ = stored is null ? store.Create(new SettingsKey(), changed, deadline) : store.Update(stored, changed, deadline);
                return changed;
            }
            catch (DatastoreException e) when (e.Failure is DatastoreFailure.AlreadyExists or DatastoreFailure.RevisionConflict or DatastoreFailure.NotFound)
            {
                continue;
            }
        }
    }

    private static string? Fault(BlockSettings settings) =>
        settings is { StrictAffinity: false, AutoAllocateBlocks: false } ? "strict affinity and automatic blocks cannot both be off"
        : settings is { MaxBlocksPerHost: > 0, StrictAffinity: false } ? "a limit of blocks per host needs strict affinity"
        : settings.MaxBlocksPerHost < 0 ? "the limit of blocks per host cannot be negative"
        : settings.CooldownSeconds is < 0 or > 1200 ? "a released address can rest for 0 to 1200 seconds"
        : null;
}
