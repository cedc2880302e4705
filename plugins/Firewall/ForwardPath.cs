using CniPlugins.Iptables;
using CniPlugins.Nftables;

namespace CniPlugins.Firewall;

/// <summary>The chain FORWARD of somebody's iptables, which an accept in a table of ours cannot overrule.</summary>
internal static class ForwardPath
{
    /// <summary>
    /// The flavour in which pods of a family have to be admitted too, found without running a program; null when there is
    /// nothing in their way, and no rules of an administrator that nobody leads them to.
    /// </summary>
    public static IptablesFlavour? Find(NftSocket nft, Family family, FirewallConfig config)
    {
        var table = new Table(family, IptablesFirewall.Table);
        var forward = nft.FindChain(table, IptablesFirewall.Forward);
        var rules = forward is null ? [] : nft.Rules(forward);
        if (forward?.Hook is { PolicyDrop: true } || rules.Any(IsInTheWay)
            || (HasAdministrator(nft, table, config) && !IsAsked(nft, table, config, rules)))
            return IptablesFlavour.Chosen;
        return LegacyTable.Exists(family, IptablesFirewall.Table) ? IptablesFlavour.Legacy : null;
    }

    /// <summary>
    /// What leads to upstream's accepts only accepts; it stays when the last pod has gone, and must not have a program run
    /// for ever.
    /// </summary>
    private static bool IsInTheWay(Rule rule) => rule.Target != IptablesFirewall.Admissions;

    /// <summary>A chain that is there may be filled at any time, and one that is named is to be there.</summary>
    private static bool HasAdministrator(NftSocket nft, Table table, FirewallConfig config) =>
        config.NamesAdminChain || nft.FindChain(table, config.AdminChain) is not null;

    /// <summary>-A FORWARD -j CNI-FORWARD, -A CNI-FORWARD -j CNI-ADMIN: all pods go that way then, and none needs a rule for it.</summary>
    private static bool IsAsked(NftSocket nft, Table table, FirewallConfig config, IReadOnlyList<Rule> forward) =>
        forward.Any(rule => rule.Target == IptablesFirewall.Admissions)
        && nft.Rules(new Chain(table, IptablesFirewall.Admissions)).Any(rule => rule.Target == config.AdminChain);
}

/// <summary>Which of a host's iptables is meant.</summary>
internal enum IptablesFlavour
{
    /// <summary>The one that the host calls <c>iptables</c>.</summary>
    Chosen,

    /// <summary>iptables-legacy, whose tables nf_tables does not see.</summary>
    Legacy,
}
