using CniPlugins.Nftables;

namespace CniPlugins.Attachment;

/// <summary>
/// Somebody's chain of nf_tables that drops what is forwarded: that is final, an accept of ours does not overrule it.
/// </summary>
internal static class ForwardDrop
{
    /// <summary>iptables' own chain is none of these: pods are admitted there.</summary>
    private static readonly string[] OfIptables = ["ip filter FORWARD", "ip6 filter FORWARD"];

    /// <summary>
    /// nft list chains: with a hook of forward and a policy of drop, and no rule that could accept a new connection.
    /// </summary>
    public static Chain? Find(NftSocket nft) => ((Family[])[Family.Inet, Family.Ip, Family.Ip6]).SelectMany(nft.Chains)
        .FirstOrDefault(chain => chain.Hook is { Type: ChainType.Filter, Point: HookPoint.Forward, PolicyDrop: true }
            && !OfIptables.Contains(chain.Path) && !nft.Rules(chain).Any(rule => rule.MayAcceptNew));

    public static string Describe(Chain chain) => $"{chain.Table} chain {chain.Name} drops forwarded traffic";

    public static string Hint(Chain chain) =>
        $"accept the network there: nft add rule {chain.Path} ip saddr SUBNET accept, and the same for ip daddr";
}
