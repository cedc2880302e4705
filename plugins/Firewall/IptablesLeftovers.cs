using CniPlugins.Iptables;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Firewall;

/// <summary>Rules of pods in iptables' tables, ours and upstream's, known by the pods' addresses.</summary>
/// <remarks>What iptables-nft makes are objects of nf_tables, and go without a program; only for legacy iptables one is run, when its chain is there.</remarks>
internal static class IptablesLeftovers
{
    /// <summary>nft -a list chain ip filter CNI-FORWARD: the rules that accept what comes from or goes to these addresses.</summary>
    public static IEnumerable<Rule> Find(NftSocket nft, IReadOnlyCollection<IpAddress> addresses) =>
        from family in FamiliesOf(addresses)
        from rule in nft.Rules(new Chain(new Table(family, IptablesFirewall.Table), IptablesFirewall.Admissions))
        where rule.Target is null && ((rule.Source is { } source && addresses.Contains(source)) || (rule.Destination is { } target && addresses.Contains(target)))
        select rule;

    /// <summary>Whether there is anything of this firewall in iptables, in either flavour.</summary>
    public static bool Exist(NftSocket? nft, Family family) =>
        nft?.FindChain(new Table(family, IptablesFirewall.Table), IptablesFirewall.Admissions) is not null || IsLegacy(family);

    /// <summary>iptables-legacy -D CNI-FORWARD -s ADDRESS …</summary>
    public static void RemoveLegacy(IReadOnlyCollection<IpAddress> addresses, FirewallConfig config)
    {
        foreach (var family in FamiliesOf(addresses).Where(IsLegacy))
            new IptablesFirewall(family, IptablesFlavour.Legacy, config).Remove([.. addresses.Where(address => FamilyOf(address) == family)]);
    }

    public static Family FamilyOf(IpAddress address) => address.IsV6 ? Family.Ip6 : Family.Ip;

    public static IReadOnlyList<Family> FamiliesOf(IEnumerable<IpAddress> addresses) => [.. addresses.Select(FamilyOf).Distinct()];

    private static bool IsLegacy(Family family) => LegacyTable.HasChain(family, IptablesFirewall.Table, IptablesFirewall.Admissions);
}
