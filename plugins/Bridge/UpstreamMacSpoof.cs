using CniPlugins.Cni;
using CniPlugins.Nftables;

namespace CniPlugins.Bridge;

/// <summary>What the reference plugin makes for macspoofchk (pkg/link/spoofcheck.go): a rule and two chains for each attachment in <c>table bridge nat</c>.</summary>
internal static class UpstreamMacSpoof
{
    private static Chain Prerouting => new(new Table(Family.Bridge, "nat"), "PREROUTING");

    /// <summary>Whether the attachment is guarded by upstream's rules.</summary>
    public static bool Guards(NftSocket nft, AttachmentRequest request) => Rules(nft, request).Any() && ChainsOf(nft, request).Count == 2;

    /// <summary>nft delete rule bridge nat PREROUTING handle N, and the two chains that it led to.</summary>
    public static Batch AddRemoval(Batch batch, NftSocket nft, AttachmentRequest request)
    {
        foreach (var rule in Rules(nft, request))
            batch.Delete(rule);
        var chains = ChainsOf(nft, request);
        foreach (var chain in chains)
            batch.Flush(chain);
        foreach (var chain in chains)
            batch.Delete(chain);
        return batch;
    }

    private static IEnumerable<Rule> Rules(NftSocket nft, AttachmentRequest request) =>
        nft.Rules(Prerouting).Where(rule => rule.Comment == $"macspoofchk-{IdOf(request)}");

    private static List<Chain> ChainsOf(NftSocket nft, AttachmentRequest request) =>
        [.. new[] { "", "-mac" }.Select(end => nft.FindChain(Prerouting.Table, $"cni-br-iface-{IdOf(request)}{end}")).OfType<Chain>()];

    private static string IdOf(AttachmentRequest request) => $"{request.ContainerId}-{request.IfName}";
}
