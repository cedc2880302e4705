using CniPlugins.Net;
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

    /// <summary>A guarded port by its name alone.</summary>
    public static Element Port(string name) => new(Ports, new Datum(Value.IfName(name)));

    /// <summary>
    /// element bridge cni_plugins macspoof_ports { "veth…" }, and macspoof_pairs { "veth…" . MAC }, with their owner.
    /// </summary>
    public static IReadOnlyList<Element> Elements(Owner owner, string name, MacAddress mac)
    {
        byte[] made = [.. Provenance.Now("").ToBytes(), .. mac.ToBytes()];
        return [.. new[] { Port(name), new Element(Pairs, new Datum(Value.IfName(name), Value.Of(mac))) }
            .Select(element => element with { Comment = owner.Comment, Private = made })];
    }

    /// <summary>A port's element, and that of the pair which it remembers.</summary>
    public static IReadOnlyList<Element> Both(Element port) => port.Private is { Length: sizeof(long) + MacAddress.Size } made
        ? [port, new Element(Pairs, new Datum(port.Key.Values[0], Value.Of(MacAddress.FromBytes(made.AsSpan(sizeof(long))))))]
        : [port];

    /// <summary>
    /// Lets an attachment's port, if it is guarded, send with another address from now on: the one that its pod was given.
    /// </summary>
    public static void Follow(Owner owner, string port, MacAddress mac)
    {
        using var nft = NftSocket.FindHere();
        nft?.Commit(() => nft.Find(Port(port)).FirstOrDefault(element => owner.Owns(element.Comment)) is { } guarded
            ? new Batch().Delete(nft.Find(Both(guarded))).Create(Elements(owner, port, mac))
            : new Batch());
    }

    private static Chain Prerouting =>
        new(OwnTables.Bridge, "macspoof") { Hook = new Hook(ChainType.Filter, HookPoint.Prerouting, Priority.Raw) };
}
