using System.Text;
using CniPlugins.Attachment;
using CniPlugins.Attachment.Tables;
using CniPlugins.Cni;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Firewall;

/// <summary>
/// The addresses of pods in nf_tables: what admits their traffic, and the record of whose addresses they are.
/// </summary>
internal sealed class Admission(NftSocket nft)
{
    /// <summary>
    /// nft create element inet cni_plugins fw_pods4 { 10.1.0.2 comment "OWNER" }, with the elements of the bridge's
    /// policy: one batch; and the rules, where they are missing. An address that is there already was somebody's who
    /// is gone, for it was just given to us.
    /// </summary>
    public IReadOnlyList<Element> Add(Owner owner, IReadOnlyList<IpAddress> addresses, BridgePolicy? policy)
    {
        byte[] made = [.. Provenance.Now("").ToBytes(), .. Encoding.UTF8.GetBytes(policy?.Bridge ?? "")];
        var pods = addresses.Select(address => Key(address) with { Comment = owner.Comment, Private = made }).ToList();
        var bridge = policy?.Elements(owner.Network) ?? [];
        if (!FirewallTable.Layout.TryCreate(nft, pods, bridge))
            nft.Commit(() => FirewallTable.Layout.Skeleton().Ensure(bridge).Delete(nft.Find(pods)).Create(pods));
        return pods;
    }

    /// <summary>What is known under these addresses, or, when they are not known, all that is the owner's.</summary>
    public IReadOnlyList<Element> Find(Owner owner, IReadOnlyList<IpAddress> addresses) =>
        addresses.Count > 0 ? nft.Find([.. addresses.Select(Key)]) : [.. All(owner.Elements)];

    /// <summary>Every pod's element that is chosen.</summary>
    public IEnumerable<Element> All(ElementChoice choice) =>
        ((Set[])[FirewallTable.Pods(isV6: false), FirewallTable.Pods(isV6: true)]).SelectMany(set => nft.Elements(set, choice));

    public static IpAddress AddressOf(Element pod) => pod.Key.Values[0].Address;

    /// <summary>
    /// The bridge whose policy the pod counts on, as its element remembers it; empty when there is none.
    /// </summary>
    public static string BridgeOf(ReadOnlySpan<byte> made) => made.Length > sizeof(long) ? Encoding.UTF8.GetString(made[sizeof(long)..]) : "";

    /// <summary>Throws unless the rules and everything of the attachment's are there.</summary>
    public void Check(Owner owner, IReadOnlyList<IpAddress> addresses, BridgePolicy? policy)
    {
        if (FirewallTable.Layout.FindMissing(nft) is { } rule)
            throw Missing(rule);
        foreach (var address in addresses)
        {
            var element = nft.Find(Key(address)) is [var found] ? found : throw Missing(Key(address));
            if (!owner.Owns(element.Comment))
                throw new CniException($"{element} belongs to another attachment: {element.Comment}");
        }

        foreach (var element in policy?.Elements(owner.Network) ?? [])
        {
            if (nft.Find(element).Count == 0)
                throw Missing(element);
        }
    }

    private static Element Key(IpAddress address) => new(FirewallTable.Pods(address.IsV6), new Datum(Value.Of(address)));

    private static CniException Missing(object what) => new($"expected {what} not found", FirewallTable.Layout.Hint);
}
