using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Net;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>Consecutive addresses of one subnet, and the gateway among or beside them that is never handed out.</summary>
internal sealed record AddressRange(Cidr Subnet, IpAddress Start, IpAddress End, IpAddress Gateway)
{
    /// <summary>How many addresses lie in it, the gateway included; the one count that does not fit is one less.</summary>
    public UInt128 Size => End < Start ? 0 : End.Value - Start.Value is var span && span == UInt128.MaxValue ? span : span + 1;

    /// <summary>Decodes the options of a range, which must be right even where they are no range for want of a subnet.</summary>
    public static void Declare(OptionReader range) => _ = ReadKeys(range);

    /// <summary>Reads one range and fills in what it leaves open; refuses in upstream's words and order, and is null where that does not throw.</summary>
    public static AddressRange? Read(OptionReader range)
    {
        if (!range.Has("subnet"))
            range.Refuse("", "IP <nil> not v4 nor v6", "a range needs a subnet");
        var (network, start, end, gateway) = ReadKeys(range);
        if (network is not { } subnet || !IsSound(range, subnet))
            return null;

        // Upstream asks whether a range that may still lack an end contains its start, so a start behind the end is reported as outside.
        if (start is { } first && !(subnet.Contains(first) && (end is not { } limit || first <= limit)))
        {
            range.Refuse("rangeStart", $"RangeStart {first} not in network {subnet}");
            return null;
        }

        var begin = start ?? subnet.First.Next;
        if (end is { } last && !(subnet.Contains(last) && last >= begin))
        {
            range.Refuse("rangeEnd", $"RangeEnd {last} not in network {subnet}");
            return null;
        }

        if (range.IsSurvey && gateway is { } via && !subnet.Contains(via))
            range.Advise("gateway", $"the gateway {via} is outside the subnet {subnet}");
        return new AddressRange(subnet, begin, end ?? LastOf(subnet), gateway ?? subnet.First.Next);
    }

    public bool Contains(IpAddress address) => Subnet.Contains(address) && address >= Start && address <= End;

    public bool Overlaps(AddressRange other) =>
        Contains(other.Start) || Contains(other.End) || other.Contains(Start) || other.Contains(End);

    public override string ToString() => $"{Start}-{End}";

    private static (Cidr? Subnet, IpAddress? Start, IpAddress? End, IpAddress? Gateway) ReadKeys(OptionReader range) => (
        range.Cidr("subnet", "The network, as `10.1.0.0/24`."),
        range.Address("rangeStart", "The first address; when absent, the second of the subnet."),
        range.Address("rangeEnd", "The last address; when absent, the last of the subnet, but not IPv4's broadcast address."),
        range.Address("gateway", "The pod's gateway, which is not handed out; when absent, the second address of the subnet."));

    private static bool IsSound(OptionReader range, Cidr subnet)
    {
        if (subnet.PrefixLength > subnet.Address.Bits - 2)
            range.Refuse("subnet", $"Network {subnet} too small to allocate from");
        else if (!subnet.Address.IsV6 && range.Text("subnet", "").Contains(':', StringComparison.Ordinal))
            range.Refuse("subnet", "IPNet IP and Mask version mismatch", "write an IPv4 subnet as IPv4");
        else if (subnet.Address != subnet.First)
            range.Refuse("subnet", $"Network has host bits set. For a subnet mask of length {subnet.PrefixLength} the network address is {subnet.First}");
        else
            return true;
        return false;
    }

    /// <summary>IPv4 keeps its broadcast address back; IPv6 has none.</summary>
    private static IpAddress LastOf(Cidr subnet) => subnet.Address.IsV6 ? subnet.Last : IpAddress.V4((uint)subnet.Last.Value - 1);
}
