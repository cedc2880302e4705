using CniPlugins.Nftables;

namespace CniPlugins.Firewall;

/// <summary>What the firewall has in <c>table inet cni_plugins</c>: two chains, and sets that say which pods and bridges their rules are about.</summary>
internal static class FirewallTable
{
    public static Table Table => new(Family.Inet, "cni_plugins");

    /// <summary>The addresses of pods.</summary>
    public static Set Pods(bool isV6) => new(Table, isV6 ? "fw_pods6" : "fw_pods4", isV6 ? DataType.Ipv6Addr : DataType.Ipv4Addr);

    /// <summary>The bridges that have a policy: none of them reaches another.</summary>
    public static Set Bridges => new(Table, "fw_bridges", DataType.IfName);

    /// <summary>Pairs of a bridge and itself: what stays on the bridge passes.</summary>
    public static Set SameBridge => new(Table, "fw_same_bridge", DataType.IfName, DataType.IfName);

    /// <summary>Pairs of a bridge and itself: not even what stays on the bridge passes.</summary>
    public static Set Isolated => new(Table, "fw_isolated", DataType.IfName, DataType.IfName);

    /// <summary>Where packets between interfaces come in.</summary>
    public static Chain Forward => new(Table, "fw_forward") { Hook = new Hook(ChainType.Filter, HookPoint.Forward, Priority.Filter) };

    /// <summary>The rules.</summary>
    public static Chain Rules => new(Table, "fw_rules");

    /// <summary>An empty chain that names the layout of all this: an older release has another, and its rules are replaced.</summary>
    public static Chain Layout => new(Table, "fw_layout_v1");

    public const string Hint = "somebody has changed table inet cni_plugins; cnitool repair puts it back";

    /// <summary>A drop is the end of a packet, whatever other tables say; an accept is only the end of this one.</summary>
    public static IReadOnlyList<IReadOnlyList<Statement>> Content
    {
        get
        {
            var bridges = Meta.IifName.Then(Meta.OifName);
            return
            [
                [bridges.In(Isolated), Verdict.Drop],
                [Meta.IifName.In(Bridges), Meta.OifName.In(Bridges), bridges.NotIn(SameBridge), Verdict.Drop],
                [Ip.V4.Source.In(Pods(isV6: false)), Verdict.Accept],
                [Ip.V6.Source.In(Pods(isV6: true)), Verdict.Accept],
                [Ip.V4.Destination.In(Pods(isV6: false)), Ct.State(CtState.Established | CtState.Related), Verdict.Accept],
                [Ip.V6.Destination.In(Pods(isV6: true)), Ct.State(CtState.Established | CtState.Related), Verdict.Accept],
            ];
        }
    }

    /// <summary>Everything that does not belong to a pod or a bridge; a second time changes nothing.</summary>
    public static Batch Skeleton()
    {
        var batch = new Batch().Ensure(Table)
            .Ensure(Pods(isV6: false)).Ensure(Pods(isV6: true)).Ensure(Bridges).Ensure(SameBridge).Ensure(Isolated)
            .Ensure(Layout)
            .Ensure(Rules).Flush(Rules)
            .Ensure(Forward).Flush(Forward).Add(Forward, [Verdict.Jump(Rules)]);
        foreach (var rule in Content)
            batch.Add(Rules, rule);
        return batch;
    }

    /// <summary>The chain that does not say all it should: <c>nft flush table</c> empties chains and leaves the sets.</summary>
    public static Chain? FindMissing(NftSocket nft) =>
        nft.FindChain(Table, Forward.Name)?.Hook?.Point != HookPoint.Forward || !nft.Rules(Forward).Any(rule => rule.Target == Rules.Name) ? Forward
        : nft.Rules(Rules).Count != Content.Count ? Rules
        : null;
}
