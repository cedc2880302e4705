using CniPlugins.Net;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>The order in which a range set's addresses are handed out: round and round, so that a released one rests as long as possible.</summary>
internal sealed class Allocator(RangeSet set, UsedAddresses used)
{
    /// <summary>
    /// Offers free addresses, beginning behind the last one handed out, each at most once and that one at the very end, until one is taken.
    /// </summary>
    public (IpAddress Address, AddressRange Range)? Take(IpAddress? last, Func<IpAddress, bool> tryReserve)
    {
        foreach (var (range, from, to) in Stretches(last))
        {
            for (var start = from; used.NextFree(start, to) is { } candidate; start = candidate.Next)
            {
                if (candidate != range.Gateway && tryReserve(candidate))
                    return (candidate, range);
                if (candidate == to)
                    break;
            }
        }

        return null;
    }

    /// <summary>The set as a circle, cut open where the search begins.</summary>
    private IEnumerable<(AddressRange Range, IpAddress From, IpAddress To)> Stretches(IpAddress? last)
    {
        var (first, start) = Begin(last);
        var ranges = set.Ranges;
        yield return (ranges[first], start, ranges[first].End);
        for (var i = 1; i < ranges.Count; i++)
            yield return (ranges[(first + i) % ranges.Count], ranges[(first + i) % ranges.Count].Start, ranges[(first + i) % ranges.Count].End);
        if (start != ranges[first].Start)
            yield return (ranges[first], ranges[first].Start, ranges[first].Subnet.Address.IsV6 ? IpAddress.V6(start.Value - 1) : IpAddress.V4((uint)start.Value - 1));
    }

    private (int Range, IpAddress Start) Begin(IpAddress? last)
    {
        for (var i = 0; last is { } address && i < set.Ranges.Count; i++)
        {
            if (!set.Ranges[i].Contains(address))
                continue;
            var next = (i + 1) % set.Ranges.Count;
            return address == set.Ranges[i].End ? (next, set.Ranges[next].Start) : (i, address.Next);
        }

        return (0, set.Ranges[0].Start);
    }
}
