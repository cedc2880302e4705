using CniPlugins.Nftables;

namespace CniPlugins.Attachment;

/// <summary>What the reference plugins' nft form of ipMasq leaves on a host (pkg/ip/ipmasq_nftables_linux.go): a rule for each address, known by its comment.</summary>
internal static class UpstreamMasquerade
{
    private static Chain Checks => new(new Table(Family.Inet, "cni_plugins_masquerade"), "masq_checks");

    /// <summary>nft -a list chain inet cni_plugins_masquerade masq_checks; one question where there is no such table.</summary>
    public static IReadOnlyList<Rule> Rules(NftSocket nft) => nft.Rules(Checks);
}
