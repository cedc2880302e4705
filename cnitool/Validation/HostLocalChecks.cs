using System.Text.Json;
using CniPlugins.Net;

namespace CniPlugins.Cnitool.Validation;

/// <summary>The ranges of host-local by its own rules (host-local.md 3), all of them instead of the first that fails.</summary>
internal static class HostLocalChecks
{
    public static void Check(Node ipam, Node plugin)
    {
        AddressChecks.CheckRoutes(ipam);
        if (ipam.Find("dataDir") is { AsText: { Length: > 0 } path } directory && !Path.IsPathRooted(path))
            directory.Warn("a relative path depends on where the runtime was started");

        var sets = new List<(Node Node, IReadOnlyList<Range> Ranges)>();
        if (ipam.Has("subnet"))
            sets.Add((ipam.Find("subnet")!, [.. Read([ipam])]));
        foreach (var set in ipam.List("ranges"))
            sets.Add((set, CheckSet(set)));
        if (sets.Count == 0 && plugin.Object("capabilities")?.Flag("ipRanges") != true)
            ipam.Error("no IP ranges specified: neither subnet nor ranges, and no capability \"ipRanges\"");
        CheckAcross(sets);
    }

    private static IReadOnlyList<Range> CheckSet(Node set)
    {
        if (set.Element.ValueKind != JsonValueKind.Array)
        {
            set.Error("must be a list of ranges: \"ranges\" is a list of lists");
            return [];
        }

        if (set.Element.GetArrayLength() == 0)
            set.Error("empty range set");
        foreach (var range in set.Items)
            PluginSchemas.Range.Check(range);
        List<Range> ranges = [.. Read(set.Items)];
        foreach (var (index, range) in ranges.Index())
        {
            if (range.Subnet.Address.IsV6 != ranges[0].Subnet.Address.IsV6)
                range.Node.Error("mixed address families: a set is a pool of one family, the other one needs a set of its own");
            else if (ranges.Take(index).FirstOrDefault(range.Overlaps) is { } other)
                range.Node.Error($"subnets {other} and {range} overlap");
        }

        return ranges;
    }

    private static void CheckAcross(List<(Node Node, IReadOnlyList<Range> Ranges)> sets)
    {
        for (var i = 1; i < sets.Count; i++)
        {
            var other = sets.FindIndex(0, i, set => set.Ranges.Any(range => sets[i].Ranges.Any(range.Overlaps)));
            if (other >= 0)
                sets[i].Node.Error($"range set {other} overlaps with {i}: {sets[other].Node.Path}");
        }
    }

    private static IEnumerable<Range> Read(IEnumerable<Node> nodes) => nodes.Select(Read).OfType<Range>();

    private static Range? Read(Node node)
    {
        if (node.Element.ValueKind != JsonValueKind.Object)
        {
            node.Error("must be an object with a \"subnet\"");
            return null;
        }

        if (!node.Has("subnet"))
            node.Error("the range has no \"subnet\"");
        var gateway = node.Address("gateway");
        var start = node.Address("rangeStart");
        var end = node.Address("rangeEnd");
        if (node.Cidr("subnet") is not { } subnet || !CheckSubnet(node.Find("subnet")!, subnet))
            return null;

        AddressChecks.WarnUnlessInside(node, "gateway", gateway, subnet);
        if (start is { } first && !subnet.Contains(first))
            node.Find("rangeStart")!.Error($"RangeStart {first} not in network {subnet}");
        else if (end is { } last && !subnet.Contains(last))
            node.Find("rangeEnd")!.Error($"RangeEnd {last} not in network {subnet}");
        else if (start is { } from && end is { } to && to.Value < from.Value)
            node.Find("rangeEnd")!.Error($"RangeEnd {to} is before RangeStart {from}");
        else
            return new Range(node, subnet, start?.Value ?? subnet.First.Value + 1, end?.Value ?? LastUsable(subnet));
        return null;
    }

    private static bool CheckSubnet(Node node, Cidr subnet)
    {
        if (subnet.Address.Bits - subnet.PrefixLength < 2)
            node.Error($"Network {subnet} too small to allocate from");
        else if (subnet.Network != subnet)
            node.Error($"Network has host bits set. For a subnet mask of length {subnet.PrefixLength} the network address is {subnet.First}");
        else
            return true;
        return false;
    }

    /// <summary>An IPv4 subnet's last address is its broadcast address.</summary>
    private static UInt128 LastUsable(Cidr subnet) => subnet.Address.IsV6 ? subnet.Last.Value : subnet.Last.Value - 1;

    private sealed record Range(Node Node, Cidr Subnet, UInt128 Start, UInt128 End)
    {
        public bool Overlaps(Range other) => Subnet.Address.IsV6 == other.Subnet.Address.IsV6 && Start <= other.End && other.Start <= End;

        public override string ToString() => $"{Text(Start)}-{Text(End)}";

        private IpAddress Text(UInt128 value) => Subnet.Address.IsV6 ? IpAddress.V6(value) : IpAddress.V4((uint)value);
    }
}
