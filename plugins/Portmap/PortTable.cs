using CniPlugins.Nftables;

namespace CniPlugins.Portmap;

/// <summary>Where host ports live in <c>table inet cni_plugins</c>: a few rules for all pods, and elements of plain hash sets and maps for each.</summary>
/// <remarks>
/// Only what is addressed to the host itself is looked up; what passes through to the same port is left alone (CVE-2025-67499). Clients whose answers would miss
/// them are marked before the destination is rewritten, and hidden behind the host afterwards: exactly those whom upstream's iptables form marks.
/// </remarks>
internal static class PortTable
{
    /// <summary>What the first packet of a connection carries from <see cref="Hairpin"/> to <see cref="Masquerade"/>: upstream's bit 13.</summary>
    public const uint Mark = 0x2000;

    private const int LoopbackIndex = 1;

    public static Table Table => new(Family.Inet, "cni_plugins");

    /// <summary>An empty chain whose name says in which layout the rules are; a release with another one does not find its own, and rewrites them.</summary>
    public static Chain Layout => new(Table, "hostports_layout_1");

    /// <summary>Keeps out what route_localnet lets in: packets of 127.0.0.0/8 that do not come from the host itself.</summary>
    public static Chain Martians => new(Table, "martians") { Hook = new Hook(ChainType.Filter, HookPoint.Prerouting, Priority.Raw) };

    /// <summary>After those who share the hook: of chains with the same priority the later comes first, which would overrule services (CVE-2019-9946).</summary>
    public static Chain Prerouting => new(Table, "prerouting") { Hook = new Hook(ChainType.Nat, HookPoint.Prerouting, Priority.DstNat + 5) };

    public static Chain Output => new(Table, "output") { Hook = new Hook(ChainType.Nat, HookPoint.Output, Priority.DstNat + 5) };

    public static Chain Masquerade => new(Table, "hostport_masq") { Hook = new Hook(ChainType.Nat, HookPoint.Postrouting, Priority.SrcNat + 5) };

    public static Chain HostPorts => new(Table, "hostports");

    public static Chain Hairpin => new(Table, "hairpin");

    /// <summary>A rule for each mapping that has conditions.</summary>
    public static Chain Conditions => new(Table, "hostport_conditions");

    /// <summary>map port4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service }, or port4_any without the host's address.</summary>
    public static Set Ports(bool v6, bool any) => new(Table, $"port{(v6 ? '6' : '4')}{(any ? "_any" : "")}", any ? Port : [Address(v6), .. Port])
    {
        Data = [Address(v6), DataType.InetService],
    };

    /// <summary>The four maps.</summary>
    public static IReadOnlyList<Set> AllPorts => [Ports(false, false), Ports(false, true), Ports(true, false), Ports(true, true)];

    /// <summary>nft add …: all that is not a pod's; done again it changes nothing, and puts back what somebody flushed.</summary>
    public static Batch Skeleton(IEnumerable<Set> sets)
    {
        var hairpins = HairpinSet.Among(sets);
        var batch = new Batch().Ensure(Table).Ensure(Layout);
        foreach (var set in AllPorts.Concat(hairpins.Select(hairpin => hairpin.Set)))
            batch.Ensure(set);
        batch.Ensure(Conditions);
        foreach (var chain in (Chain[])[Hairpin, HostPorts, Martians, Prerouting, Output, Masquerade])
            batch.Ensure(chain).Flush(chain);
        foreach (var (chain, comment, statements) in Rules(hairpins))
            batch.Add(chain, statements, comment);
        return batch;
    }

    /// <summary>nft add chain inet cni_plugins martians, with its rules: what ports in iptables' form need of this table, for they open route_localnet too.</summary>
    public static Batch Guard()
    {
        var batch = new Batch().Ensure(Table).Ensure(Martians).Flush(Martians);
        foreach (var (chain, comment, statements) in Rules([]).Where(rule => rule.Chain.Name == Martians.Name))
            batch.Add(chain, statements, comment);
        return batch;
    }

    /// <summary>The chain that lacks a rule of the skeleton, and the rule; null when all are there.</summary>
    public static (string Chain, string Rule)? FindMissing(NftSocket nft, IEnumerable<Set> sets)
    {
        var present = ((Chain[])[Martians, Prerouting, Output, HostPorts, Hairpin, Masquerade])
            .SelectMany(nft.Rules).Select(rule => (rule.Chain.Name, rule.Comment)).ToHashSet();
        foreach (var (chain, comment, statements) in Rules(HairpinSet.Among(sets)))
        {
            if (!present.Contains((chain.Name, comment)))
                return (chain.Name, string.Join(' ', statements));
        }

        return null;
    }

    /// <summary>The rules in order; the comment is what each is known by afterwards.</summary>
    private static IEnumerable<(Chain Chain, string Comment, IReadOnlyList<Statement> Statements)> Rules(IEnumerable<HairpinSet> hairpins)
    {
        yield return (Martians, "to localhost", [Meta.Iif.IsNot(LoopbackIndex), Ip.V4.Destination.Is(Localhost.Network), Verdict.Drop]);
        yield return (Martians, "from localhost", [Meta.Iif.IsNot(LoopbackIndex), Ip.V4.Source.Is(Localhost.Network), Verdict.Drop]);
        foreach (var chain in (Chain[])[Prerouting, Output])
            yield return (chain, "host ports", [Fib.DestinationIsLocal, Verdict.Jump(HostPorts)]);

        yield return (HostPorts, "mappings with conditions", [Verdict.Jump(Conditions)]);
        yield return (HostPorts, "clients to hide", [Verdict.Jump(Hairpin)]);
        var port = Meta.L4Proto.Then(Th.Any.DestinationPort);
        foreach (var ip in (Ip[])[Ip.V4, Ip.V6])
        {
            var word = ip.IsV6 ? "IPv6" : "IPv4";
            yield return (HostPorts, $"{word}, one address", [Nat.DestinationFrom(ip.Destination.Then(port), Ports(ip.IsV6, any: false))]);
            yield return (HostPorts, $"{word}, any address", [Nat.DestinationFrom(port, Ports(ip.IsV6, any: true))]);
        }

        foreach (var hairpin in hairpins)
        {
            var ip = new Ip(hairpin.V6);
            var client = ip.Source.Masked(hairpin.Length);
            var key = hairpin.Any ? client.Then(port) : client.Then(ip.Destination).Then(port);
            yield return (Hairpin, hairpin.Set.Name, [key.In(hairpin.Set), Meta.SetMarkBits(Mark)]);
        }

        yield return (Masquerade, "clients to hide", [Meta.Mark.Is(Mark, mask: Mark), Nat.Masquerade]);
    }

    private static DataType[] Port => [DataType.InetProto, DataType.InetService];

    private static DataType Address(bool v6) => v6 ? DataType.Ipv6Addr : DataType.Ipv4Addr;
}
