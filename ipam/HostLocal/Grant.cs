using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>What one ADD takes: an address from each range set, or nothing at all.</summary>
/// <remarks>When it fails, only what it took itself goes back; upstream releases everything of the owner, also an earlier ADD's addresses.</remarks>
internal sealed class Grant(LeaseStore leases, Owner owner, string netns)
{
    private LeaseRecord? _before = leases.RecordOf(owner);
    private readonly List<string> _taken = [];
    private readonly long _inode = (long)(FileIdentity.Of(netns)?.Inode ?? 0);

    /// <summary>Takes the addresses; the wishes are used up as sets fulfil them.</summary>
    public IReadOnlyList<IpConfig> Take(HostLocalConfig config)
    {
        try
        {
            var wishes = config.Requested.Distinct().ToList();
            var taken = new List<IpConfig>();
            for (var i = 0; i < config.RangeSets.Count; i++)
                taken.Add(TakeFrom(config.RangeSets[i], i, wishes));
            if (wishes.Count > 0)
                throw new CniException($"failed to allocate all requested IPs: {string.Join(' ', wishes)}", "no range set has room for them");
            leases.Commit();
            return taken;
        }
        catch (Exception e)
        {
            if (e is LibcException)
                leases.Distrust();
            GiveBack();
            throw;
        }
    }

    /// <summary>The failure that led here is on its way and must not be replaced; what stays behind, DEL and GC find.</summary>
    private void GiveBack()
    {
        try
        {
            if (leases.HasChanged)
                leases.Release(owner, _taken, _before);
            leases.Commit();
        }
        catch (LibcException e)
        {
            StandardError.WriteLine($"host-local: giving back what was reserved for {owner}: {e.Message}");
        }
    }

    private IpConfig TakeFrom(RangeSet set, int index, List<IpAddress> wishes)
    {
        try
        {
            var wish = wishes.FindIndex(address => set.RangeOf(address) is not null);
            var (address, range) = wish < 0 ? TakeNext(set, index) : TakeWish(set, index, wishes[wish]);
            if (wish >= 0)
                wishes.RemoveAt(wish);
            return new IpConfig(new Cidr(address, range.Subnet.PrefixLength), range.Gateway);
        }
        catch (CniException e)
        {
            throw CniException.Because($"failed to allocate for range {index}", e);
        }
    }

    private (IpAddress Address, AddressRange Range) TakeWish(RangeSet set, int index, IpAddress wish)
    {
        var range = set.RangeOf(wish)!;
        if (wish == range.Gateway)
            throw new CniException($"requested ip {wish} is subnet's gateway");
        if (TryReserve(wish, index))
            return (wish, range);
        var holder = leases.OwnerOf(wish.ToString());
        if (holder is { } other && Leftovers.IsLeftover(leases.RecordOf(other), leases.BootId))
        {
            leases.Release(other, leases.FilesOf(other));
            if (TryReserve(wish, index))
                return (wish, range);
        }

        throw new CniException(
            $"requested IP address {wish} is not available in range set {set}", holder is null ? "" : $"{holder} has it");
    }

    private (IpAddress Address, AddressRange Range) TakeNext(RangeSet set, int index)
    {
        RefuseDuplicate(set);
        var allocator = new Allocator(set, leases.Used);
        var last = leases.LastReserved(index);
        return allocator.Take(last, address => TryReserve(address, index))
            ?? (Leftovers.Reclaim(leases, set) ? allocator.Take(last, address => TryReserve(address, index)) : null)
            ?? throw new CniException($"no IP addresses available in range set: {set}", Occupancy.Of(set, leases.Used).Explain(set, leases.Records()));
    }

    /// <summary>
    /// One ADD per attachment; but one of an earlier boot died with that boot, whatever its runtime remembers, and one
    /// whose namespace is gone is not the one that asks.
    /// </summary>
    private void RefuseDuplicate(RangeSet set)
    {
        var files = leases.FilesOf(owner).Except(_taken).ToList();
        if (files.FirstOrDefault(file => IpAddress.TryParse(file, out var address) && set.RangeOf(address) is not null) is not { } earlier)
            return;
        if (_before is not { BootId.Length: > 0 } || (_before.BootId == leases.BootId && !HasGone(_before)))
            throw new CniException($"{earlier} has been allocated to {owner.ContainerId}, duplicate allocation is not allowed");
        _before = null;
        leases.Release(owner, files, _taken.Count == 0 ? null : Record());
    }

    /// <summary>Nothing is where its namespace was, or another one is.</summary>
    private bool HasGone(LeaseRecord record) => record.Netns.Length > 0
        && (record.Netns != netns ? Netns.IsGone(record.Netns) : record.NetnsInode != 0 && record.NetnsInode != _inode);

    private bool TryReserve(IpAddress address, int index)
    {
        if (!leases.TryReserve(address, Record(), index))
            return false;
        _taken.Add(address.ToString());
        return true;
    }

    /// <summary>The owner's record as far as this ADD has come.</summary>
    private LeaseRecord Record() =>
        new(owner, leases.BootId, BootClock.Nanoseconds, netns, [.. _before?.Files ?? [], .. _taken]) { NetnsInode = _inode };
}
