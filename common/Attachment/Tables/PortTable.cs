using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Attachment.Tables;

/// <summary>
/// Where host ports live in <c>table inet cni_plugins</c>: a few rules for all pods, and elements of plain hash sets
/// and maps for each.
/// </summary>
/// <remarks>
/// Only what is addressed to the host itself is looked up; what passes through to the same port is left alone
/// (CVE-2025-67499). Clients whose answers would miss them are marked before the destination is rewritten, and hidden
/// behind the host afterwards: exactly those whom upstream's iptables form marks. What a pod 10.1.0.2/24 with a host
/// port 8080 has here, each with its owner's name as a comment:
/// <code>
/// map port4_any         { tcp . 8080 : 10.1.0.2 . 80 }
/// set hairpin4_any_24   { 10.1.0.0 . tcp . 8080 }        clients of its own network
/// set hairpin4_any_8    { 127.0.0.0 . tcp . 8080 }       clients on the host itself
/// </code>
/// With a hostIP they are port4 { 192.0.2.10 . tcp . 8080 : … } and hairpin4_24 { 10.1.0.0 . 192.0.2.10 . tcp . 8080 }.
/// </remarks>
internal static class PortTable
{
    /// <summary>
    /// What the first packet of a connection carries from <see cref="Hairpin"/> to <see cref="Masquerade"/>:
    /// upstream's bit 13.
    /// </summary>
    public const uint Mark = 0x2000;

    private const int LoopbackIndex = 1;

    /// <summary>Where clients on the host itself come from.</summary>
    public static Cidr Loopback => Cidr.Parse("127.0.0.0/8");

    /// <summary>A rule for each mapping that has conditions.</summary>
    public static Chain Conditions => new(OwnTables.Inet, "hostport_conditions");

    /// <summary>
    /// map port4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service }, or port4_any without the
    /// host's address.
    /// </summary>
    public static Set Ports(bool v6, bool any) => new(OwnTables.Inet, $"port{(v6 ? '6' : '4')}{(any ? "_any" : "")}", any ? Port : [Address(v6), .. Port])
    {
        Data = [Address(v6), DataType.InetService],
    };

    /// <summary>The four maps.</summary>
    public static IReadOnlyList<Set> AllPorts => [Ports(false, false), Ports(false, true), Ports(true, false), Ports(true, true)];

    /// <summary>The rules, for clients' networks in these sets.</summary>
    public static RuleLayout Layout(IEnumerable<Set> sets)
    {
        var hairpins = HairpinSet.Among(sets);
        return new RuleLayout(OwnTables.Inet, "hostports", 1)
        {
            Sets = [.. AllPorts, .. hairpins.Select(hairpin => hairpin.Set)],
            Chains = [Hairpin, HostPorts, Martians, Prerouting, Output, Masquerade],
            Open = Conditions,
            Rules = [.. Rules(hairpins)],
            Loss = "no port mapping works",
        };
    }

    /// <summary>
    /// nft add chain inet cni_plugins martians, with its rules: what ports in iptables' form need of this table, for
    /// they open route_localnet too.
    /// </summary>
    public static Batch Guard() => Layout([]).Rewrite(new Batch().Ensure(OwnTables.Inet), Martians);

    /// <summary>
    /// Keeps out what route_localnet lets in: packets of 127.0.0.0/8 that do not come from the host itself.
    /// </summary>
    private static Chain Martians =>
        new(OwnTables.Inet, "martians") { Hook = new Hook(ChainType.Filter, HookPoint.Prerouting, Priority.Raw) };

    /// <summary>
    /// After those who share the hook: of chains with the same priority the later comes first, which would overrule
    /// services (CVE-2019-9946).
    /// </summary>
    private static Chain Prerouting =>
        new(OwnTables.Inet, "prerouting") { Hook = new Hook(ChainType.Nat, HookPoint.Prerouting, Priority.DstNat + 5) };

    private static Chain Output =>
        new(OwnTables.Inet, "output") { Hook = new Hook(ChainType.Nat, HookPoint.Output, Priority.DstNat + 5) };

    private static Chain Masquerade =>
        new(OwnTables.Inet, "hostport_masq") { Hook = new Hook(ChainType.Nat, HookPoint.Postrouting, Priority.SrcNat + 5) };

    private static Chain HostPorts => new(OwnTables.Inet, "hostports");

    private static Chain Hairpin => new(OwnTables.Inet, "hairpin");

    private static IEnumerable<LayoutRule> Rules(IEnumerable<HairpinSet> hairpins)
    {
        yield return new(Martians, "to localhost", Meta.Iif.IsNot(LoopbackIndex), Ip.V4.Destination.Is(Loopback), Verdict.Drop);
        yield return new(Martians, "from localhost", Meta.Iif.IsNot(LoopbackIndex), Ip.V4.Source.Is(Loopback), Verdict.Drop);
        foreach (var chain in (Chain[])[Prerouting, Output])
            yield return new(chain, "host ports", Fib.DestinationIsLocal, Verdict.Jump(HostPorts));

        yield return new(HostPorts, "mappings with conditions", Verdict.Jump(Conditions));
        yield return new(HostPorts, "clients to hide", Verdict.Jump(Hairpin));
        var port = Meta.L4Proto.Then(Th.Any.DestinationPort);
        foreach (var ip in (Ip[])[Ip.V4, Ip.V6])
        {
            var word = ip.IsV6 ? "IPv6" : "IPv4";
            yield return new(HostPorts, $"{word}, one address", Nat.DestinationFrom(ip.Destination.Then(port), Ports(ip.IsV6, any: false)));
            yield return new(HostPorts, $"{word}, any address", Nat.DestinationFrom(port, Ports(ip.IsV6, any: true)));
        }

        foreach (var hairpin in hairpins)
        {
            var ip = new Ip(hairpin.V6);
            var client = ip.Source.Masked(hairpin.Length);
            var key = hairpin.Any ? client.Then(port) : client.Then(ip.Destination).Then(port);
            yield return new(Hairpin, hairpin.Set.Name, key.In(hairpin.Set), Meta.SetMarkBits(Mark));
        }

        yield return new(Masquerade, "clients to hide", Meta.Mark.Is(Mark, mask: Mark), Nat.Masquerade);
    }

    private static DataType[] Port => [DataType.InetProto, DataType.InetService];

    private static DataType Address(bool v6) => v6 ? DataType.Ipv6Addr : DataType.Ipv4Addr;
}
