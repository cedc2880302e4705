using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Nftables;

namespace CniPlugins.Portmap;

/// <summary>What upstream's nft form of portmap leaves (plugins/meta/portmap/portmap_nftables.go): rules of tables ip and ip6 cni_hostport with the container's ID as their comment.</summary>
internal static class UpstreamHostPorts
{
    private static readonly string[] Chains = [.. HostPortNames.PortChains, HostPortNames.Masquerading];

    /// <summary>nft delete rule ip cni_hostport … handle N, for each; one question per family where there is no such table.</summary>
    public static void Remove(NftSocket nft, string containerId)
    {
        foreach (var family in (Family[])[Family.Ip, Family.Ip6])
        {
            var table = HostPortNames.Table(family);
            if (nft.Has(table) && Find(nft, table, containerId).Any())
                nft.Commit(() => Find(nft, table, containerId).Aggregate(new Batch(), (batch, rule) => batch.Delete(rule)));
        }
    }

    /// <summary>
    /// Counts as upstream's CHECK does; throws in its words for the first chain with too few rules. False when the attachment has none at all, and is not upstream's.
    /// </summary>
    public static bool Check(NftSocket nft, PodPorts pod)
    {
        var owned = new[] { Family.Ip, Family.Ip6 }.Select(HostPortNames.Table)
            .Where(nft.Has).SelectMany(table => Find(nft, table, pod.Owner.ContainerId)).ToList();
        if (owned.Count == 0)
            return false;
        foreach (var isV6 in pod.Addresses.Select(address => address.Address.IsV6).Distinct())
        {
            Require(isV6, "hostports", pod.Mappings(isV6).Count(), HostPortNames.PortChains);
            if (pod.Config.Snat)
                Require(isV6, HostPortNames.Masquerading, isV6 || pod.Config.MasqAll ? 1 : 2, [HostPortNames.Masquerading]);
        }

        return true;

        void Require(bool isV6, string name, int count, IReadOnlyList<string> chains)
        {
            var family = isV6 ? Family.Ip6 : Family.Ip;
            if (owned.Count(rule => rule.Chain.Table.Family == family && chains.Contains(rule.Chain.Name)) < count)
                throw new CniException($"missing hostport rules in \"{name}\" chain", $"table {HostPortNames.Table(family).Path}; DEL and ADD make ours instead");
        }
    }

    private static IEnumerable<Rule> Find(NftSocket nft, Table table, string containerId) =>
        Chains.SelectMany(chain => nft.Rules(new Chain(table, chain))).Where(rule => rule.Comment == containerId);
}
