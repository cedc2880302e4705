using CniPlugins.Nftables;

namespace CniPlugins.Attachment.Tables;

/// <summary>
/// What the firewall has in <c>table inet cni_plugins</c>: two chains, and sets that say which pods and bridges their
/// rules are about.
/// </summary>
internal static class FirewallTable
{
    /// <summary>The addresses of pods.</summary>
    public static Set Pods(bool isV6) => new(OwnTables.Inet, isV6 ? "fw_pods6" : "fw_pods4", isV6 ? DataType.Ipv6Addr : DataType.Ipv4Addr);

    /// <summary>The bridges that have a policy: none of them reaches another.</summary>
    public static Set Bridges => new(OwnTables.Inet, "fw_bridges", DataType.IfName);

    /// <summary>Pairs of a bridge and itself: what stays on the bridge passes.</summary>
    public static Set SameBridge => new(OwnTables.Inet, "fw_same_bridge", DataType.IfName, DataType.IfName);

    /// <summary>Pairs of a bridge and itself: not even what stays on the bridge passes.</summary>
    public static Set Isolated => new(OwnTables.Inet, "fw_isolated", DataType.IfName, DataType.IfName);

    /// <summary>
    /// A drop is the end of a packet, whatever other tables say; an accept is only the end of this one.
    /// </summary>
    public static RuleLayout Layout => new(OwnTables.Inet, "fw", 2)
    {
        Sets = [Pods(isV6: false), Pods(isV6: true), Bridges, SameBridge, Isolated],
        Chains = [Rules, Forward],
        Rules =
        [
            new(Rules, "isolated bridges", BridgePair.In(Isolated), Verdict.Drop),
            new(Rules, "between bridges", Meta.IifName.In(Bridges), Meta.OifName.In(Bridges), BridgePair.NotIn(SameBridge), Verdict.Drop),
            new(Rules, "from IPv4 pods", Ip.V4.Source.In(Pods(isV6: false)), Verdict.Accept),
            new(Rules, "from IPv6 pods", Ip.V6.Source.In(Pods(isV6: true)), Verdict.Accept),
            new(Rules, "answers to IPv4 pods", Ip.V4.Destination.In(Pods(isV6: false)), Answers, Verdict.Accept),
            new(Rules, "answers to IPv6 pods", Ip.V6.Destination.In(Pods(isV6: true)), Answers, Verdict.Accept),
            new(Forward, "pods", Verdict.Jump(Rules)),
        ],
        Loss = "bridges are not kept apart",
    };

    /// <summary>Where packets between interfaces come in.</summary>
    private static Chain Forward =>
        new(OwnTables.Inet, "fw_forward") { Hook = new Hook(ChainType.Filter, HookPoint.Forward, Priority.Filter) };

    private static Chain Rules => new(OwnTables.Inet, "fw_rules");

    private static Selector BridgePair => Meta.IifName.Then(Meta.OifName);

    private static Statement Answers => Ct.State(CtState.Established | CtState.Related);
}
