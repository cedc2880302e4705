using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>What there is.</summary>
internal sealed partial class NftSocket
{
    private const int Walks = 5;

    /// <summary>nft list table inet NAME: whether there is one.</summary>
    public bool Has(Table table)
    {
        var message = NftMessage.Create(stackalloc byte[RequestSize], NFT_MSG.GETTABLE, 0, table.Family);
        message.Attributes<NFTA_TABLE>().Put(NFTA_TABLE.NAME, table.Name);
        return netlink.Find(message, $"look up {table}", _ => table, absent: Errno.ENOENT) is not null;
    }

    /// <summary>nft list chain inet TABLE NAME, without its rules: with hook and policy where it has them; null when there is none.</summary>
    public Chain? FindChain(Table table, string name)
    {
        var message = NftMessage.Create(stackalloc byte[RequestSize], NFT_MSG.GETCHAIN, 0, table.Family);
        message.Attributes<NFTA_CHAIN>().Put(NFTA_CHAIN.TABLE, table.Name);
        message.Attributes<NFTA_CHAIN>().Put(NFTA_CHAIN.NAME, name);
        return netlink.Find(message, $"look up chain {table.Path} {name}", reply => Chain.Read(reply, table.Family), absent: Errno.ENOENT);
    }

    /// <summary>nft list chains, of one table.</summary>
    public IReadOnlyList<Chain> Chains(Table table) => [.. Chains(table.Family).Where(chain => chain.Table == table)];

    /// <summary>nft list chains FAMILY, of every table.</summary>
    public IReadOnlyList<Chain> Chains(Family family)
    {
        var message = NftMessage.Create(stackalloc byte[RequestSize], NFT_MSG.GETCHAIN, 0, family);
        return netlink.Dump<Chain>(message, $"list chains of family {family.Word()}", (reply, chains) => chains.Add(Chain.Read(reply, family)));
    }

    /// <summary>nft -a list chain inet TABLE NAME: the rules in order; none when there is no such chain.</summary>
    public IReadOnlyList<Rule> Rules(Chain chain)
    {
        var message = NftMessage.Create(stackalloc byte[RequestSize], NFT_MSG.GETRULE, 0, chain.Table.Family);
        message.Attributes<NFTA_RULE>().Put(NFTA_RULE.TABLE, chain.Table.Name);
        message.Attributes<NFTA_RULE>().Put(NFTA_RULE.CHAIN, chain.Name);
        return DumpIfThere<Rule>(message, $"list rules of {chain}", (reply, rules) => rules.Add(Rule.Read(reply, chain)));
    }

    /// <summary>nft list sets, of one table: those whose types have names here.</summary>
    public IReadOnlyList<Set> Sets(Table table)
    {
        var message = NftMessage.Create(stackalloc byte[RequestSize], NFT_MSG.GETSET, 0, table.Family);
        message.Attributes<NFTA_SET>().Put(NFTA_SET.TABLE, table.Name);
        return DumpIfThere<Set>(message, $"list sets of {table}", (reply, sets) =>
        {
            if (Set.Read(reply, table) is { } set)
                sets.Add(set);
        });
    }

    /// <summary>nft list set inet TABLE NAME: every element; none when there is no such set.</summary>
    public IReadOnlyList<Element> Elements(Set set) => Elements(set, (_, _) => true);

    /// <summary>The same, of those elements alone that are chosen: the others are not even read.</summary>
    /// <remarks>
    /// The kernel walks a hash set from its start for each datagram and skips as many as it has sent. When a worker of its own resizes the set meanwhile (thousands
    /// came or went a moment ago), the order changes, elements are missed, and no NLM_F_DUMP_INTR tells (nft_rhash_walk): 3,830 of 5,000 were seen once. But
    /// as many are then seen twice at least, for as many are sent as there are. So after a walk in which one came twice, others follow until one brings nothing new.
    /// </remarks>
    public IReadOnlyList<Element> Elements(Set set, ElementChoice choice)
    {
        var found = new List<Element>();
        var known = new HashSet<ulong>();
        for (var walks = 1; Walk(set, choice, known, found) && walks < Walks; walks++)
        {
        }

        return found;
    }

    /// <summary>One walk; whether another one is due.</summary>
    private bool Walk(Set set, ElementChoice choice, HashSet<ulong> known, List<Element> found)
    {
        var message = NftMessage.Create(stackalloc byte[RequestSize], NFT_MSG.GETSETELEM, 0, set.Table.Family);
        message.Attributes<NFTA_SET_ELEM_LIST>().Put(NFTA_SET_ELEM_LIST.TABLE, set.Table.Name);
        message.Attributes<NFTA_SET_ELEM_LIST>().Put(NFTA_SET_ELEM_LIST.SET, set.Name);
        var walked = DumpIfThere<(ulong Key, Element? Element)>(message, $"list {set}", (reply, elements) => Element.Read(reply, set, choice, elements));
        var before = known.Count;
        foreach (var (key, element) in walked)
        {
            if (known.Add(key) && element is not null)
                found.Add(element);
        }

        return before == 0 ? known.Count < walked.Count : known.Count > before;
    }

    /// <summary>A list of what is in something that is not there is empty.</summary>
    private List<T> DumpIfThere<T>(NetlinkMessage message, string what, NetlinkCollector<T> collect)
    {
        try
        {
            return netlink.Dump(message, what, collect);
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENOENT)
        {
            return [];
        }
    }
}
