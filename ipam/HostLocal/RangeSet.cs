using CniPlugins.Cni;
using CniPlugins.Net;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>Ranges of one family that form a pool: an ADD takes one address out of each set.</summary>
internal sealed record RangeSet(IReadOnlyList<AddressRange> Ranges)
{
    public bool IsV6 => Ranges[0].Start.IsV6;

    /// <summary>How many addresses it has, gateways included; stays at the largest number there is.</summary>
    public UInt128 Size => Ranges.Aggregate(UInt128.Zero, (sum, range) => sum + range.Size < sum ? UInt128.MaxValue : sum + range.Size);

    /// <summary>Reads a set of ranges; throws in upstream's words and order.</summary>
    public static RangeSet Read(IReadOnlyList<ConfigObject> ranges)
    {
        if (ranges.Count == 0)
            throw new CniException("empty range set");
        var read = new List<AddressRange>();
        foreach (var range in ranges)
        {
            read.Add(AddressRange.Read(range));
            if (read[^1].Start.IsV6 != read[0].Start.IsV6)
                throw new CniException("mixed address families");
        }

        for (var i = 0; i < read.Count; i++)
        {
            if (read.Skip(i + 1).FirstOrDefault(read[i].Overlaps) is { } other)
                throw new CniException($"subnets {read[i]} and {other} overlap");
        }

        return new RangeSet(read);
    }

    /// <summary>The range an address belongs to, or null.</summary>
    public AddressRange? RangeOf(IpAddress address) => Ranges.FirstOrDefault(range => range.Contains(address));

    public bool Overlaps(RangeSet other) => Ranges.Any(range => other.Ranges.Any(range.Overlaps));

    public override string ToString() => string.Join(',', Ranges);
}
