using System.Globalization;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Attachment;

/// <summary>Where ipMasq lives in <c>table inet cni_plugins</c>: a few rules for all pods, and elements of plain hash sets for each.</summary>
/// <remarks>
/// What a pod sends to its own network is compared without intervals: a rule per prefix length in use masks the destination and looks the pair up
/// in a set. Adding, removing and looking up cost the same with one pod and with ten thousand.
/// </remarks>
internal static class MasqueradeRules
{
    public static Table Table => new(Family.Inet, "cni_plugins");

    /// <summary>type nat hook postrouting priority srcnat + 5: after those who share the hook, for of equal ones the later comes first.</summary>
    public static Chain Postrouting => new(Table, "postrouting") { Hook = new Hook(ChainType.Nat, HookPoint.Postrouting, Priority.SrcNat + 5) };

    public static Chain Masq => new(Table, "masq");

    /// <summary>An empty chain whose name says in which layout the rules are; a release with another one does not find its own, and rewrites them.</summary>
    public static Chain Layout => new(Table, "masq_layout_1");

    /// <summary>set masq4 { type ipv4_addr }: pods with ipMasq.</summary>
    public static Set Pods(bool v6) => new(Table, v6 ? "masq6" : "masq4", Address(v6));

    /// <summary>set own4_24 { type ipv4_addr . ipv4_addr }: a pod and its own network of this prefix length.</summary>
    public static Set Own(bool v6, int length) =>
        new(Table, string.Create(CultureInfo.InvariantCulture, $"{OwnPrefix(v6)}{length}"), Address(v6), Address(v6));

    /// <summary>What stands for these addresses, each with its prefix length; an address that is its whole network has no neighbours to spare.</summary>
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

    /// <summary>All that is not a pod's, for pods' networks in these sets; done again it changes nothing, and puts back what somebody flushed.</summary>
    public static Batch Skeleton(IEnumerable<Set> sets)
    {
        var batch = new Batch().Ensure(Table).Ensure(Pods(v6: false)).Ensure(Pods(v6: true)).Ensure(Layout);
        var own = sets.Where(set => LengthOf(set) is not null).Distinct().ToList();
        foreach (var set in own)
            batch.Ensure(set);
        foreach (var chain in (Chain[])[Masq, Postrouting])
            batch.Ensure(chain).Flush(chain);
        foreach (var (chain, comment, statements) in Rules(own))
            batch.Add(chain, statements, comment);
        return batch;
    }

    /// <summary>The rule of the skeleton that is not there, in words; null when all are.</summary>
    public static string? FindMissing(NftSocket nft, IEnumerable<Set> sets)
    {
        var present = nft.Rules(Postrouting).Concat(nft.Rules(Masq)).Select(rule => (rule.Chain, rule.Comment)).ToHashSet();
        return Rules(sets).Where(rule => !present.Contains((rule.Chain, rule.Comment)))
            .Select(rule => $"rule {rule.Chain.Path} {string.Join(' ', rule.Statements)}").FirstOrDefault();
    }

    /// <summary>The rules in order; the comment is what each is known by afterwards.</summary>
    private static IEnumerable<(Chain Chain, string Comment, IReadOnlyList<Statement> Statements)> Rules(IEnumerable<Set> sets)
    {
        foreach (var set in sets)
        {
            if (LengthOf(set) is not { } own)
                continue;
            var ip = new Ip(own.V6);
            yield return (Masq, $"to the pod's own {Word(own.V6)} /{own.Length}", [ip.Source.Then(ip.Destination.Masked(own.Length)).In(set), Verdict.Return]);
        }

        foreach (var v6 in new[] { false, true })
            yield return (Masq, $"{Word(v6)} pods", [new Ip(v6).Source.In(Pods(v6)), Nat.Masquerade]);
        yield return (Postrouting, "IPv4 multicast", [Ip.V4.Destination.Is(Cidr.Parse("224.0.0.0/4")), Verdict.Return]);
        yield return (Postrouting, "IPv6 multicast", [Ip.V6.Destination.Is(Cidr.Parse("ff00::/8")), Verdict.Return]);
        yield return (Postrouting, "pods with ipMasq", [Verdict.Jump(Masq)]);
    }

    /// <summary>Which networks a set holds by its name; null when it is none of those sets.</summary>
    private static (bool V6, int Length)? LengthOf(Set set)
    {
        foreach (var v6 in new[] { false, true })
        {
            if (set.Table == Table && set.Name.StartsWith(OwnPrefix(v6), StringComparison.Ordinal)
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
