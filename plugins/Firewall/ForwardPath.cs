using CniPlugins.Iptables;
using CniPlugins.Nftables;

namespace CniPlugins.Firewall;

/// <summary>The chain FORWARD of somebody's iptables, which an accept in a table of ours cannot overrule.</summary>
internal static class ForwardPath
{
    /// <summary>The flavour in which pods of a family have to be admitted too, found without running a program; null when there is nothing in their way.</summary>
    public static IptablesFlavour? Find(NftSocket nft, Family family)
    {
        if (nft.FindChain(new Table(family, IptablesFirewall.Table), IptablesFirewall.Forward) is { } forward
            && (forward.Hook is { PolicyDrop: true } || nft.Rules(forward).Any(IsInTheWay)))
            return IptablesFlavour.Chosen;
        return LegacyTable.Exists(family, IptablesFirewall.Table) ? IptablesFlavour.Legacy : null;
    }

    /// <summary>What leads to upstream's accepts only accepts; it stays when the last pod has gone, and must not have a program run for ever.</summary>
    private static bool IsInTheWay(Rule rule) => rule.Target != IptablesFirewall.Admissions;
}

/// <summary>Which of a host's iptables is meant.</summary>
internal enum IptablesFlavour
{
    /// <summary>The one that the host calls <c>iptables</c>.</summary>
    Chosen,

    /// <summary>iptables-legacy, whose tables nf_tables does not see.</summary>
    Legacy,
}
