using CniPlugins.Attachment;
using CniPlugins.Nftables;

namespace CniPlugins;

/// <summary>All that the suite keeps in nf_tables: two tables, whoever wrote what into them.</summary>
internal static class OwnTables
{
    private static IReadOnlyList<Table> All => [MasqueradeRules.Table, new Table(Family.Bridge, MasqueradeRules.Table.Name)];

    /// <summary>nft delete table inet cni_plugins; nft delete table bridge cni_plugins. What is not there is no failure.</summary>
    public static void Remove()
    {
        using var nft = NftSocket.FindHere();
        nft?.Commit(() => All.Where(nft.Has).Aggregate(new Batch(), (batch, table) => batch.Delete(table)));
    }
}
