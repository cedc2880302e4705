using CniPlugins.Attachment;
using CniPlugins.Attachment.Tables;
using CniPlugins.Cni;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Firewall;

/// <summary>
/// The ingress policy of a bridge. It is the bridge's, not a pod's: shared by all, so never undone, and collected with
/// the last pod.
/// </summary>
internal sealed record BridgePolicy(string Bridge, IngressPolicy Policy)
{
    /// <summary>The policy for the bridge that the plugin before this one made; null when everybody may send.</summary>
    public static BridgePolicy? Of(FirewallConfig config, CniResult result)
    {
        if (config.IngressPolicy is IngressPolicy.Open)
            return null;
        if (result.Interfaces is not [var first, ..])
        {
            throw new CniException(
                $"interface needs to be set for ingress policy \"{Word(config.IngressPolicy)}\", make sure to chain \"firewall\" plugin with \"bridge\"");
        }

        if (first.Name.Length == 0)
            throw new CniException("got empty bridge name");
        return IfName.TryParse(first.Name, out var problem, out var details) is null
            ? throw new CniException($"bridge \"{first.Name}\" of prevResult: {problem}", details)
            : new BridgePolicy(first.Name, config.IngressPolicy);
    }

    /// <summary>The policy as the configuration spells it.</summary>
    public static string Word(IngressPolicy policy) => policy switch
    {
        IngressPolicy.SameBridge => "same-bridge",
        IngressPolicy.Isolated => "isolated",
        _ => "open",
    };

    /// <summary>
    /// The elements that make the rules apply to the bridge; of two policies both are there, and the stricter counts,
    /// as in upstream's chains.
    /// </summary>
    public IReadOnlyList<Element> Elements(string network)
    {
        var comment = OwnerMark.OfNetwork(network);
        var name = Value.IfName(Bridge);
        var pairs = Policy is IngressPolicy.Isolated ? FirewallTable.Isolated : FirewallTable.SameBridge;
        return
        [
            new Element(FirewallTable.Bridges, new Datum(name)) { Comment = comment },
            new Element(pairs, new Datum(name, name)) { Comment = comment },
        ];
    }

    /// <summary>
    /// The elements of a bridge on which no pod is left that counted on them: its name may be another network's by now,
    /// or the network have another policy.
    /// </summary>
    public static IReadOnlyList<Element> Abandoned(NftSocket nft, CniResult result)
    {
        if (result.Interfaces is not [var first, ..] || IfName.TryParse(first.Name, out _, out _) is null)
            return [];
        var name = Value.IfName(first.Name);
        var found = nft.Find(
            new Element(FirewallTable.Bridges, new Datum(name)),
            new Element(FirewallTable.SameBridge, new Datum(name, name)),
            new Element(FirewallTable.Isolated, new Datum(name, name)));
        if (found.Count == 0)
            return [];
        var networks = new Admission(nft).All((_, made) => Admission.BridgeOf(made) == first.Name)
            .Select(pod => OwnerMark.Read(pod.Comment)?.Network).ToHashSet();
        return [.. found.Where(element => !networks.Any(network => network is not null && IsOf(element, network)))];
    }

    /// <summary>The elements of a network's bridges on which no pod is left.</summary>
    public static IEnumerable<Element> Unused(NftSocket nft, string network, IReadOnlySet<string> inUse) =>
        from set in (Set[])[FirewallTable.Bridges, FirewallTable.SameBridge, FirewallTable.Isolated]
        from element in nft.Elements(set)
        where IsOf(element, network) && !inUse.Contains(NameOf(element))
        select element;

    private static bool IsOf(Element element, string network) =>
        element.Comment?.StartsWith(OwnerMark.StartOfNetwork(network), StringComparison.Ordinal) is true;

    private static string NameOf(Element element) => element.Key.Values[0].ToString().Trim('"');
}
