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

    /// <summary>The rules, for clients' networks and turns in these sets.</summary>
    public static RuleLayout Layout(IReadOnlyList<Set> sets)
    {
        var ports = PortMap.Among(sets);
        var hairpins = HairpinSet.Among(sets);
        return new RuleLayout(OwnTables.Inet, "hostports", 1)
        {
            Sets = [.. ports.Select(map => map.Set), .. hairpins.Select(hairpin => hairpin.Set)],
            Chains = [Hairpin, HostPorts, Martians, Prerouting, Output, Masquerade],
            Open = Conditions,
            Rules = [.. Rules(ports, hairpins)],
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

    private static IEnumerable<LayoutRule> Rules(IReadOnlyList<PortMap> ports, IReadOnlyList<HairpinSet> hairpins)
    {
        yield return new(Martians, "to localhost", Meta.Iif.IsNot(LoopbackIndex), Ip.V4.Destination.Is(Loopback), Verdict.Drop);
        yield return new(Martians, "from localhost", Meta.Iif.IsNot(LoopbackIndex), Ip.V4.Source.Is(Loopback), Verdict.Drop);
        foreach (var chain in (Chain[])[Prerouting, Output])
            yield return new(chain, "host ports", Fib.DestinationIsLocal, Verdict.Jump(HostPorts));

        yield return new(HostPorts, "mappings with conditions", Verdict.Jump(Conditions));
        yield return new(HostPorts, "clients to hide", Verdict.Jump(Hairpin));
        var port = Meta.L4Proto.Then(Th.Any.DestinationPort);
        foreach (var map in ports.OrderBy(map => (map.V6, map.Any, map.Turn)))
        {
            var key = map.Any ? port : new Ip(map.V6).Destination.Then(port);
            var comment = $"{(map.V6 ? "IPv6" : "IPv4")}, {(map.Any ? "any" : "one")} address{(map.Turn > 1 ? $", turn {map.Turn}" : "")}";
            yield return new(HostPorts, comment, Nat.DestinationFrom(key, map.Set));
        }

        foreach (var hairpin in hairpins)
        {
            var ip = new Ip(hairpin.Ports.V6);
            var client = ip.Source.Masked(hairpin.Length);
            var key = hairpin.Ports.Any ? client.Then(port) : client.Then(ip.Destination).Then(port);
            yield return new(Hairpin, hairpin.Set.Name, key.In(hairpin.Set), Meta.SetMarkBits(Mark));
        }

        yield return new(Masquerade, "clients to hide", Meta.Mark.Is(Mark, mask: Mark), Nat.Masquerade);
    }
}
