using CniPlugins.Cni;
using CniPlugins.Net;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>Consecutive addresses of one subnet, and the gateway among or beside them that is never handed out.</summary>
internal sealed record AddressRange(Cidr Subnet, IpAddress Start, IpAddress End, IpAddress Gateway)
{
    /// <summary>How many addresses lie in it, the gateway included; the one count that does not fit is one less.</summary>
    public UInt128 Size => End.Value - Start.Value is var span && span == UInt128.MaxValue ? span : span + 1;

    /// <summary>Reads one range and fills in what it leaves open; throws in upstream's words and order.</summary>
    public static AddressRange Read(ConfigObject range)
    {
        var text = range.String("subnet");
        if (text is null)
            throw new CniException("IP <nil> not v4 nor v6", "a range needs a subnet");
        var subnet = range.Cidr("subnet")!.Value;
        var (start, end, gateway) = (range.Address("rangeStart"), range.Address("rangeEnd"), range.Address("gateway"));
        if (subnet.PrefixLength > subnet.Address.Bits - 2)
            throw new CniException($"Network {subnet} too small to allocate from");
        if (!subnet.Address.IsV6 && text.Contains(':', StringComparison.Ordinal))
            throw new CniException("IPNet IP and Mask version mismatch", "write an IPv4 subnet as IPv4");
        if (subnet.Address != subnet.First)
        {
            throw new CniException(
                $"Network has host bits set. For a subnet mask of length {subnet.PrefixLength} the network address is {subnet.First}");
        }

        // Upstream asks whether a range that may still lack an end contains its start, so a start behind the end is reported as outside.
        if (start is { } first && !(subnet.Contains(first) && (end is not { } limit || first <= limit)))
            throw new CniException($"RangeStart {first} not in network {subnet}");
        var begin = start ?? subnet.First.Next;
        if (end is { } last && !(subnet.Contains(last) && last >= begin))
            throw new CniException($"RangeEnd {last} not in network {subnet}");
        return new AddressRange(subnet, begin, end ?? LastOf(subnet), gateway ?? subnet.First.Next);
    }

    public bool Contains(IpAddress address) => Subnet.Contains(address) && address >= Start && address <= End;

    public bool Overlaps(AddressRange other) =>
        Contains(other.Start) || Contains(other.End) || other.Contains(Start) || other.Contains(End);

    public override string ToString() => $"{Start}-{End}";

    /// <summary>IPv4 keeps its broadcast address back; IPv6 has none.</summary>
    private static IpAddress LastOf(Cidr subnet) => subnet.Address.IsV6 ? subnet.Last : IpAddress.V4((uint)subnet.Last.Value - 1);
}
