using CniPlugins.Netlink.Uapi;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>Sets, maps and what is in them.</summary>
internal sealed partial class Batch
{
    // An attribute's length has 16 bits; the list of a message's elements is one attribute.
    private const int MaxElementsSize = 60_000;

    /// <summary>add set inet TABLE NAME { type … } · add map inet TABLE NAME { type … : … }</summary>
    public Batch Ensure(Set set)
    {
        var message = Begin(NFT_MSG.NEWSET, NLM_F.CREATE, set.Table);
        var attributes = message.Attributes<NFTA_SET>();
        attributes.Put(NFTA_SET.TABLE, set.Table.Name);
        attributes.Put(NFTA_SET.NAME, set.Name);
        attributes.PutNet(NFTA_SET.FLAGS, (uint)(set.Data is null ? 0 : NFT_SET.MAP));
        attributes.PutNet(NFTA_SET.KEY_TYPE, set.Key.Number());
        attributes.PutNet(NFTA_SET.KEY_LEN, set.Key.Length());
        if (set.Data is { } data)
        {
            attributes.PutNet(NFTA_SET.DATA_TYPE, data.Number());
            attributes.PutNet(NFTA_SET.DATA_LEN, data.Length());
        }

        // Required, for rules of the same batch that name sets without a name; ours have names.
        attributes.PutNet(NFTA_SET.ID, ++_setId);
        attributes.Put(NFTA_SET.USERDATA, SetUserdata.Write(set));
        return End(message, "add", set);
    }

    /// <summary>add element inet TABLE SET { KEY comment "…", … }: a key that is there stays as it is, with its comment.</summary>
    public Batch Ensure(params IReadOnlyList<Element> elements) => Write(NFT_MSG.NEWSETELEM, NLM_F.CREATE, "add", elements);

    /// <summary>create element inet TABLE SET { KEY comment "…" : DATA, … }: EEXIST when a key is there, whatever is with it.</summary>
    public Batch Create(params IReadOnlyList<Element> elements) => Write(NFT_MSG.NEWSETELEM, NLM_F.CREATE | NLM_F.EXCL, "create", elements);

    /// <summary>delete element inet TABLE SET { KEY, … }: ENOENT when a key is not there.</summary>
    public Batch Delete(params IReadOnlyList<Element> elements) => Write(NFT_MSG.DELSETELEM, 0, "delete", elements);

    /// <summary>Neighbours of one set share messages.</summary>
    private Batch Write(NFT_MSG type, NLM_F flags, string verb, IReadOnlyList<Element> elements)
    {
        for (var start = 0; start < elements.Count;)
        {
            var set = elements[start].Set;
            var size = 0;
            var end = start;
            while (end < elements.Count && elements[end].Set == set && size + elements[end].MaxSize <= MaxElementsSize)
                size += elements[end++].MaxSize;
            Write(type, flags, verb, set, elements.Skip(start).Take(end - start), MessageSize + size);
            start = end;
        }

        return this;
    }

    private void Write(NFT_MSG type, NLM_F flags, string verb, Set set, IEnumerable<Element> elements, int size)
    {
        var message = Begin(type, flags, set.Table, size);
        var attributes = message.Attributes<NFTA_SET_ELEM_LIST>();
        attributes.Put(NFTA_SET_ELEM_LIST.TABLE, set.Table.Name);
        attributes.Put(NFTA_SET_ELEM_LIST.SET, set.Name);
        var places = new List<(int, Element)>();
        using (var list = attributes.Nest<NFTA_LIST>(NFTA_SET_ELEM_LIST.ELEMENTS))
        {
            foreach (var element in elements)
            {
                places.Add((message.Bytes.Length, element));
                element.Write(list, keyOnly: type == NFT_MSG.DELSETELEM);
            }
        }

        End(message, verb, new ElementList(places));
    }
}
