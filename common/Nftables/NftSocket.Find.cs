using CniPlugins.Linux;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>Single elements.</summary>
internal sealed partial class NftSocket
{
    // Every answer waits in the receive buffer until the send is over; some two hundred fit into its default size.
    private const int QuestionsPerSend = 64;

    /// <summary>nft get element inet TABLE SET { KEY }, for each: what the kernel has under these keys, in order, without the absent ones.</summary>
    /// <remarks>
    /// One message per key, many in a send: in a message with several keys the first that is absent hides those behind it. A set that is
    /// absent has no elements.
    /// </remarks>
    public IReadOnlyList<Element> Find(params IReadOnlyList<Element> keys)
    {
        var found = new List<Element>();
        for (var start = 0; start < keys.Count; start += QuestionsPerSend)
            found.AddRange(Ask([.. keys.Skip(start).Take(QuestionsPerSend)]));
        return found;
    }

    private List<Element> Ask(Element[] keys)
    {
        var bytes = new byte[keys.Length * RequestSize];
        var length = 0;
        uint first = 0;
        foreach (var key in keys)
        {
            var message = NftMessage.Create(bytes.AsSpan(length), NFT_MSG.GETSETELEM, 0, key.Set.Table.Family);
            var attributes = message.Attributes<NFTA_SET_ELEM_LIST>();
            attributes.Put(NFTA_SET_ELEM_LIST.TABLE, key.Set.Table.Name);
            attributes.Put(NFTA_SET_ELEM_LIST.SET, key.Set.Name);
            using (var list = attributes.Nest<NFTA_LIST>(NFTA_SET_ELEM_LIST.ELEMENTS))
                key.Write(list, keyOnly: true);
            var sequence = netlink.Stamp(message);
            if (length == 0)
                first = sequence;
            length += message.Bytes.Length;
        }

        return netlink.FindEach<Element>(bytes.AsSpan(0, length), first, first + (uint)keys.Length - 1, $"look up {keys[0]}",
            (reply, found) => Element.Read(reply, keys[reply.Sequence - first].Set, found), absent: Errno.ENOENT);
    }
}
