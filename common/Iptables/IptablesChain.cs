using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Iptables;

/// <summary>A chain in iptables' tables that belongs to one attachment, and the shared chain whose rules lead to it.</summary>
/// <remarks>
/// What iptables-nft makes are objects of nf_tables: they are found by one request, and taken away without a program. Only legacy iptables needs its own
/// programs, which are run when the kernel says that the chain is there.
/// </remarks>
internal sealed record IptablesChain(Family Family, string Table, string Name, string Entry)
{
    private Table NftTable => new(Family, Table);

    /// <summary>iptables -S NAME, in either flavour; the socket is null on a kernel without nf_tables.</summary>
    public bool Exists(NftSocket? nft) => nft?.FindChain(NftTable, Name) is not null || LegacyTable.HasChain(Family, Table, Name);

    /// <summary>
    /// iptables -D ENTRY … -j NAME, -F NAME, -X NAME, in either flavour. With sources, only the rules for these go, and the chain goes with the last
    /// rule that leads to it.
    /// </summary>
    public void Remove(NftSocket? nft, IReadOnlyCollection<IpAddress>? sources = null)
    {
        if (nft?.FindChain(NftTable, Name) is not null)
            nft.Commit(() => Removal(nft, sources));
        if (LegacyTable.HasChain(Family, Table, Name))
            RemoveLegacy(sources);
    }

    private Batch Removal(NftSocket nft, IReadOnlyCollection<IpAddress>? sources)
    {
        var batch = new Batch();
        if (nft.FindChain(NftTable, Name) is not { } chain)
            return batch;
        var leading = nft.Rules(new Chain(NftTable, Entry)).Where(rule => rule.Target == Name).ToList();
        var going = leading.Where(rule => sources is null || (rule.Source is { } source && sources.Contains(source))).ToList();
        foreach (var rule in going)
            batch.Delete(rule);
        return going.Count == leading.Count ? batch.Flush(chain).Delete(chain) : batch;
    }

    private void RemoveLegacy(IReadOnlyCollection<IpAddress>? sources)
    {
        var save = IptablesProgram.LegacySave(Family);
        var saved = SavedTable.Read(save, Table);
        if (!saved.Has(Name))
        {
            throw new IptablesException(
                $"chain {Name} is in table {Table} of legacy iptables, and {save.Path} is of another flavour", Errno.ENOENT, "install iptables-legacy");
        }

        var leading = saved.Rules.Where(rule => rule.LeadsTo(Name)).ToList();
        var going = leading.Where(rule => sources is null || sources.Any(source => rule.IsFrom(source))).ToList();
        var batch = new IptablesBatch(Family, Table);
        foreach (var rule in going)
            batch.Delete(rule);
        if (going.Count == leading.Count)
            batch.Remove(Name);
        batch.Commit(IptablesProgram.LegacyRestore(Family));
    }
}
