using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>GC: frees the addresses of attachments that the runtime does not know, unless they are younger than the call.</summary>
internal sealed class Collector
{
    private readonly LeasePlace _place;
    private readonly long _started;
    private readonly HashSet<string> _present;
    private readonly HashSet<Owner> _valid;
    private readonly HashSet<string> _validContainers;

    /// <summary>Takes note of the time and of what is there: the call begins here, before it waits for the lock.</summary>
    public Collector(LeasePlace place, GcRequest request)
    {
        _started = request.Started;
        _place = place;
        _present = [.. DiskFile.Names(place.Directory)];
        _valid = [.. request.Valid.Select(attachment => new Owner(attachment.ContainerId.Trim(), attachment.IfName))];
        _validContainers = [.. _valid.Select(owner => owner.ContainerId)];
    }

    public void Run(LeaseStore leases)
    {
        foreach (var (owner, names) in leases.Holdings().Where(holding => !IsValid(holding.Owner)))
        {
            var record = leases.RecordOf(owner);
            if (record is { BootId.Length: > 0 } && record.BootId == leases.BootId && record.Created > _started)
                continue;
            if (record is null)
                leases.Distrust(); // a file that was written in place: some record says otherwise
            var old = names.Where(name => IsOld(name, record)).ToList();
            if (old.Count > 0)
                leases.Release(owner, old, old.Count == names.Count || record is null ? null : record with { Files = [.. names.Except(old)] });
        }

        foreach (var name in leases.Debris(_present))
            leases.RemoveDebris(name);
        leases.Commit();
        leases.RequireWhole();
    }

    /// <summary>A file without interface name, and an attachment without one, stand for all of the container.</summary>
    private bool IsValid(Owner owner) => _valid.Contains(owner) || _valid.Contains(owner.WithoutInterface)
        || (owner.IfName.Length == 0 && _validContainers.Contains(owner.ContainerId));

    /// <summary>Whether a file was there when the call began; a foreign one that was replaced meanwhile shows a later time.</summary>
    private bool IsOld(string name, LeaseRecord? record) => _present.Contains(name)
        && (record is { BootId.Length: > 0 } || (FileStatus.Of(_place.PathOf(name)) is { } file && !file.ChangedSince(_started)));
}
