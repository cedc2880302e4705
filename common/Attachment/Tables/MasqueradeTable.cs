using System.Globalization;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Attachment.Tables;

/// <summary>
/// Where ipMasq lives in <c>table inet cni_plugins</c>: a few rules for all pods, and elements of plain hash sets for
/// each.
/// </summary>
/// <remarks>
/// What a pod sends to its own network is compared without intervals: a rule per prefix length in use masks the
/// destination and looks the pair up in a set. Adding, removing and looking up cost the same with one pod and with ten
/// thousand.
/// </remarks>
internal static class MasqueradeTable
{
    /// <summary>The rules, for pods' networks in these sets.</summary>
    public static RuleLayout Layout(IEnumerable<Set> sets)
    {
        var own = sets.Where(set => LengthOf(set) is not null).Distinct().ToList();
        return new RuleLayout(OwnTables.Inet, "masq", 1)
        {
            Sets = [Pods(v6: false), Pods(v6: true), .. own],
            Chains = [Masq, Postrouting],
            Rules = [.. Rules(own)],
            Loss = "pods are not masqueraded",
        };
    }

    /// <summary>set masq4 { type ipv4_addr }: pods with ipMasq.</summary>
    public static Set Pods(bool v6) => new(OwnTables.Inet, v6 ? "masq6" : "masq4", Address(v6));

    /// <summary>set own4_24 { type ipv4_addr . ipv4_addr }: a pod and its own network of this prefix length.</summary>
    public static Set Own(bool v6, int length) =>
        new(OwnTables.Inet, string.Create(CultureInfo.InvariantCulture, $"{OwnPrefix(v6)}{length}"), Address(v6), Address(v6));

    /// <summary>
    /// What stands for these addresses, each with its prefix length; an address that is its whole network has no
    /// neighbours to spare.
    /// </summary>
    public static IReadOnlyList<Element> Elements(IEnumerable<Cidr> addresses)
    {
        var elements = new List<Element>();
        foreach (var address in addresses)
        {
            var ip = address.Address;
            elements.Add(new Element(Pods(ip.IsV6), new Datum(Value.Of(ip))));
            if (address.PrefixLength < ip.Bits)
                elements.Add(new Element(Own(ip.IsV6, address.PrefixLength), new Datum(Value.Of(ip), Value.Of(address.First))));
        }

        return [.. elements.Distinct()];
    }

    /// <summary>Everything under which an address could stand, given the prefix lengths in use.</summary>
    public static IReadOnlyList<Element> Elements(IEnumerable<Cidr> addresses, IEnumerable<Set> sets)
    {
        var lengths = sets.Select(LengthOf).OfType<(bool V6, int Length)>().ToList();
        return Elements(addresses.SelectMany(address => lengths
            .Where(own => own.V6 == address.Address.IsV6).Select(own => own.Length).Append(address.PrefixLength)
            .Select(length => new Cidr(address.Address, length))));
    }

    /// <summary>The sets of this layout.</summary>
    public static bool IsOurs(Set set) => set == Pods(v6: false) || set == Pods(v6: true) || LengthOf(set) is not null;

    /// <summary>After those who share the hook: of equal ones the later comes first.</summary>
    private static Chain Postrouting =>
        new(OwnTables.Inet, "postrouting") { Hook = new Hook(ChainType.Nat, HookPoint.Postrouting, Priority.SrcNat + 5) };

    private static Chain Masq => new(OwnTables.Inet, "masq");

    private static IEnumerable<LayoutRule> Rules(IEnumerable<Set> sets)
    {
        foreach (var set in sets)
        {
            if (LengthOf(set) is not { } own)
                continue;
            var ip = new Ip(own.V6);
            var pair = ip.Source.Then(ip.Destination.Masked(own.Length));
            yield return new(Masq, $"to the pod's own {Word(own.V6)} /{own.Length}", pair.In(set), Verdict.Return);
        }

        foreach (var v6 in new[] { false, true })
            yield return new(Masq, $"{Word(v6)} pods", new Ip(v6).Source.In(Pods(v6)), Nat.Masquerade);
        yield return new(Postrouting, "IPv4 multicast", Ip.V4.Destination.Is(Cidr.Parse("224.0.0.0/4")), Verdict.Return);
        yield return new(Postrouting, "IPv6 multicast", Ip.V6.Destination.Is(Cidr.Parse("ff00::/8")), Verdict.Return);
        yield return new(Postrouting, "pods with ipMasq", Verdict.Jump(Masq));
    }

    /// <summary>Which networks a set holds by its name; null when it is none of those sets.</summary>
    private static (bool V6, int Length)? LengthOf(Set set)
    {
        foreach (var v6 in new[] { false, true })
        {
            if (set.Table == OwnTables.Inet && set.Name.StartsWith(OwnPrefix(v6), StringComparison.Ordinal)
                && int.TryParse(set.Name.AsSpan(OwnPrefix(v6).Length), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                && length <= (v6 ? 128 : 32))
                return (v6, length);
        }

        return null;
    }

    private static string OwnPrefix(bool v6) => v6 ? "own6_" : "own4_";

    private static string Word(bool v6) => v6 ? "IPv6" : "IPv4";

    private static DataType Address(bool v6) => v6 ? DataType.Ipv6Addr : DataType.Ipv4Addr;
}
