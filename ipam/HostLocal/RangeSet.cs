using CniPlugins.Cni.Options;
using CniPlugins.Net;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>Ranges of one family that form a pool: an ADD takes one address out of each set.</summary>
internal sealed record RangeSet(IReadOnlyList<AddressRange> Ranges)
{
    public bool IsV6 => Ranges[0].Start.IsV6;

    /// <summary>How many addresses it has, gateways included; stays at the largest number there is.</summary>
    public UInt128 Size => Ranges.Aggregate(UInt128.Zero, (sum, range) => sum + range.Size < sum ? UInt128.MaxValue : sum + range.Size);

    /// <summary>Whether there is an address that a pod could have: gateways are none.</summary>
    private bool IsUsable => Ranges.Any(range => range.Size > (range.Contains(range.Gateway) ? UInt128.One : UInt128.Zero));

    /// <summary>Reads a set of ranges; refuses in upstream's words and order, and is null where that does not throw.</summary>
    public static RangeSet? Read(OptionList set)
    {
        if (set.Items.Count == 0)
            set.Whole.Refuse("", "empty range set");
        var read = new List<AddressRange>();
        foreach (var item in set.Items)
        {
            if (AddressRange.Read(item) is not { } range)
                continue;
            if (read.Count > 0 && range.Start.IsV6 != read[0].Start.IsV6)
                item.Refuse("", "mixed address families");
            else
                read.Add(range);
        }

        for (var i = 0; i < read.Count; i++)
        {
            if (read.Skip(i + 1).FirstOrDefault(read[i].Overlaps) is { } other)
                set.Whole.Refuse("", $"subnets {read[i]} and {other} overlap");
        }

        if (read.Count == 0)
            return null;
        var ranges = new RangeSet(read);
        if (!ranges.IsUsable)
            set.Whole.Refuse("", $"no address of {ranges} can be handed out", "a gateway and what is not in the range are none");
        return ranges;
    }

    /// <summary>The range an address belongs to, or null.</summary>
    public AddressRange? RangeOf(IpAddress address) => Ranges.FirstOrDefault(range => range.Contains(address));

    public bool Overlaps(RangeSet other) => Ranges.Any(range => other.Ranges.Any(range.Overlaps));

    public override string ToString() => string.Join(',', Ranges);
}
