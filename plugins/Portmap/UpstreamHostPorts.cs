using CniPlugins.Nftables;

namespace CniPlugins.Portmap;

/// <summary>What upstream's nft form of portmap leaves (portmap.md 4): rules of tables ip and ip6 cni_hostport with the container's ID as their comment.</summary>
internal static class UpstreamHostPorts
{
    private static readonly string[] Chains = ["hostports", "hostip_hostports", "masquerading"];

    /// <summary>nft delete rule ip cni_hostport … handle N, for each; one question per family where there is no such table.</summary>
    public static void Remove(NftSocket nft, string containerId)
    {
        foreach (var family in (Family[])[Family.Ip, Family.Ip6])
        {
            var table = new Table(family, "cni_hostport");
            if (nft.Has(table) && Find(nft, table, containerId).Any())
                nft.Commit(() => Find(nft, table, containerId).Aggregate(new Batch(), (batch, rule) => batch.Delete(rule)));
        }
    }

    private static IEnumerable<Rule> Find(NftSocket nft, Table table, string containerId) =>
        Chains.SelectMany(chain => nft.Rules(new Chain(table, chain))).Where(rule => rule.Comment == containerId);
}
