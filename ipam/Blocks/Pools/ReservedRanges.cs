using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Pools;

/// <summary>The addresses that IP reservations keep out of automatic assignment, as ranges that do not overlap, in order.</summary>
internal sealed class ReservedRanges
{
    private readonly List<(IpAddress First, IpAddress Last)> _ranges = [];

    /// <summary>From CIDRs and addresses as they were written; blank and malformed ones are ignored, as upstream does.</summary>
    public ReservedRanges(IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            var trimmed = text.AsSpan().Trim();
            if (Cidr.TryParse(trimmed, out var cidr))
                _ranges.Add((cidr.First, cidr.Last));
            else if (IpAddress.TryParse(trimmed, out var address))
                _ranges.Add((address, address));
        }

        _ranges.Sort((a, b) => a.First.CompareTo(b.First));
        Merge();
    }

    public static ReservedRanges None { get; } = new([]);

    public bool IsEmpty => _ranges.Count == 0;

    public static ReservedRanges Of(IEnumerable<IpReservation> reservations)
    {
        var texts = new List<string>();
        foreach (var reservation in reservations)
            texts.AddRange(reservation.Reserved);
        return texts.Count == 0 ? None : new ReservedRanges(texts);
    }

    public bool Contains(IpAddress address) => Find(address) is not null;

    /// <summary>Whether every address of a network is reserved.</summary>
    public bool Covers(Cidr network) => Find(network.First) is { } last && last >= network.Last;

    /// <summary>The last address of the unbroken range in which an address is reserved; null when it is not.</summary>
    public IpAddress? Find(IpAddress address)
    {
        foreach (var (first, last) in _ranges)
        {
            if (first.IsV6 == address.IsV6 && first <= address && address <= last)
                return last;
        }

        return null;
    }

    /// <summary>How many addresses of a network are reserved.</summary>
    public UInt128 CountIn(Cidr network)
    {
        UInt128 count = 0;
        foreach (var (first, last) in _ranges)
        {
            if (first.IsV6 != network.Address.IsV6 || last < network.First || first > network.Last)
                continue;
            var (from, to) = (first < network.First ? network.First : first, last > network.Last ? network.Last : last);
            count += to.Value - from.Value + 1;
        }

        return count;
    }

    private void Merge()
    {
        var kept = 0;
        for (var i = 1; i < _ranges.Count; i++)
        {
            var (range, next) = (_ranges[kept], _ranges[i]);
            var touches = range.First.IsV6 == next.First.IsV6 && (next.First <= range.Last || next.First.Value == range.Last.Value + 1);
            if (!touches)
                _ranges[++kept] = next;
            else if (next.Last > range.Last)
                _ranges[kept] = (range.First, next.Last);
        }

        if (_ranges.Count > 0)
            _ranges.RemoveRange(kept + 1, _ranges.Count - kept - 1);
    }
}
