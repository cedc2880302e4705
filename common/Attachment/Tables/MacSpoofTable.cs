using CniPlugins.Nftables;

namespace CniPlugins.Attachment.Tables;

/// <summary>macspoofchk in <c>table bridge cni_plugins</c>: one rule for all guarded ports.</summary>
internal static class MacSpoofTable
{
    /// <summary>The guarded ports; each element also keeps the address, for the pair's removal.</summary>
    public static Set Ports => new(OwnTables.Bridge, "macspoof_ports", DataType.IfName);

    /// <summary>A port, and an address that frames may come in with.</summary>
    public static Set Pairs => new(OwnTables.Bridge, "macspoof_pairs", DataType.IfName, DataType.EtherAddr);

    public static RuleLayout Layout => new(OwnTables.Bridge, "macspoof", 2)
    {
        Sets = [Ports, Pairs],
        Chains = [Prerouting],
        Rules = [new(Prerouting, "foreign addresses", Meta.IifName.In(Ports), Meta.IifName.Then(Ether.Source).NotIn(Pairs), Verdict.Drop)],
        Loss = "pods may send with any hardware address",
    };

    private static Chain Prerouting =>
        new(OwnTables.Bridge, "macspoof") { Hook = new Hook(ChainType.Filter, HookPoint.Prerouting, Priority.Raw) };
}
