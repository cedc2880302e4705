using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>STATUS: whether an ADD could reserve an address, found out without changing or locking anything.</summary>
internal sealed class StateProbe(LeasePlace place)
{
    /// <summary>Throws code 50 when there is no place for reservations.</summary>
    public void RequireUsable()
    {
        RequireWritable(place.Directory);
        RequireWritable(place.Index);
        if (FileStatus.Of(place.Lock) is { IsRegular: false })
            throw Unusable($"{place.Lock} is not a regular file", "remove it; it is created as needed");
    }

    /// <summary>How full each range set is.</summary>
    public IReadOnlyList<(RangeSet Set, Occupancy Occupancy)> Count(IReadOnlyList<RangeSet> sets)
    {
        var index = new LeaseIndex(place, BootClock.BootId);
        if (!index.IsFresh())
            index.Used.Replace(DiskFile.Names(place.Directory).Select(name => IpAddress.TryParse(name, out var address) ? address : default));
        return [.. sets.Select(set => (set, Occupancy.Of(set, index.Used)))];
    }

    /// <summary>Whether a full set has reservations of an earlier boot, which the next ADD would free.</summary>
    public bool HasLeftovers(RangeSet set)
    {
        var bootId = BootClock.BootId;
        return new LeaseIndex(place, bootId).All().Any(record => Leftovers.Has(record, set) && Leftovers.IsLeftover(record, bootId));
    }

    private static void RequireWritable(string directory)
    {
        if (DirectoryAccess.FindProblem(directory) is { } problem)
            throw Unusable(problem, "reservations are kept in it");
    }

    private static CniException Unusable(string problem, string hint) =>
        new(CniErrorCode.PluginNotAvailable, $"host-local cannot reserve addresses: {problem}", hint);
}
