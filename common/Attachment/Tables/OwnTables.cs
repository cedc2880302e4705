using CniPlugins.Nftables;

namespace CniPlugins.Attachment.Tables;

/// <summary>All that the suite keeps in nf_tables: two tables, and the layouts in them.</summary>
internal static class OwnTables
{
    public static Table Inet => new(Family.Inet, "cni_plugins");

    public static Table Bridge => new(Family.Bridge, Inet.Name);

    /// <summary>What the tables should hold, given the sets that they have.</summary>
    public static IReadOnlyList<RuleLayout> Layouts(IReadOnlyList<Set> sets) =>
        [MasqueradeTable.Layout(sets), PortTable.Layout(sets), FirewallTable.Layout, MacSpoofTable.Layout];

    /// <summary>
    /// nft delete table inet cni_plugins; nft delete table bridge cni_plugins. What is not there is no failure.
    /// </summary>
    public static void Remove()
    {
        using var nft = NftSocket.FindHere();
        nft?.Commit(() => ((Table[])[Inet, Bridge]).Where(nft.Has).Aggregate(new Batch(), (batch, table) => batch.Delete(table)));
    }
}
