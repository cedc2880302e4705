using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>element inet TABLE SET { KEY comment "…" : DATA }</summary>
internal sealed record Element(Set Set, Datum Key)
{
    /// <summary>What the key leads to, in a map.</summary>
    public Datum? Data { get; init; }

    /// <summary>What nft shows beside it: whose it is. Together with <see cref="Private"/> it has 252 bytes; nft shows 128 at most.</summary>
    public string? Comment { get; init; }

    /// <summary>Bytes that the kernel keeps for us and nft ignores.</summary>
    public byte[]? Private { get; init; }

    public override string ToString() => $"element {Set.Path} {{ {Key} }}";

    /// <summary>No element takes more on the wire: ten headers, and what varies.</summary>
    internal int MaxSize => 64 + Key.Length + (Data?.Length ?? 0) + Userdata.MaxLength;

    internal void Write(Attributes<NFTA_LIST> list, bool keyOnly = false)
    {
        using var element = list.Nest<NFTA_SET_ELEM>(NFTA_LIST.ELEM);
        using (var key = element.Nest<NFTA_DATA>(NFTA_SET_ELEM.KEY))
            Key.CopyTo(key.Reserve(NFTA_DATA.VALUE, Key.Length));
        if (keyOnly)
            return;

        if (Data is not null)
        {
            using var data = element.Nest<NFTA_DATA>(NFTA_SET_ELEM.DATA);
            Data.CopyTo(data.Reserve(NFTA_DATA.VALUE, Data.Length));
        }

        if (Userdata.Write(Comment, Private) is { Length: > 0 } userdata)
            element.Put(NFTA_SET_ELEM.USERDATA, userdata);
    }

    /// <summary>All elements that one message of the kernel's lists.</summary>
    internal static void Read(NetlinkReply reply, Set set, List<Element> into)
    {
        foreach (var attribute in reply.Attributes<NFTA_SET_ELEM_LIST, nfgenmsg>())
        {
            if (attribute.Type != NFTA_SET_ELEM_LIST.ELEMENTS)
                continue;
            foreach (var element in attribute.Nested<NFTA_LIST>())
                into.Add(Read(element.Nested<NFTA_SET_ELEM>(), set));
        }
    }

    /// <summary>The same, with a number for each key; of those that are not chosen the number alone.</summary>
    internal static void Read(NetlinkReply reply, Set set, ElementChoice choice, List<(ulong Key, Element? Element)> into)
    {
        foreach (var attribute in reply.Attributes<NFTA_SET_ELEM_LIST, nfgenmsg>())
        {
            if (attribute.Type != NFTA_SET_ELEM_LIST.ELEMENTS)
                continue;
            foreach (var element in attribute.Nested<NFTA_LIST>())
            {
                var attributes = element.Nested<NFTA_SET_ELEM>();
                var (number, isChosen) = Look(attributes, choice);
                into.Add((number, isChosen ? Read(attributes, set) : null));
            }
        }
    }

    private static (ulong Number, bool IsChosen) Look(AttributeReader<NFTA_SET_ELEM> attributes, ElementChoice choice)
    {
        var number = 14695981039346656037UL; // FNV-1a
        ReadOnlySpan<byte> userdata = [];
        foreach (var attribute in attributes)
        {
            if (attribute.Type == NFTA_SET_ELEM.USERDATA)
                userdata = attribute.Bytes;
            else if (attribute.Type == NFTA_SET_ELEM.KEY)
            {
                foreach (var b in attribute.Bytes)
                    number = (number ^ b) * 1099511628211UL;
            }
        }

        return (number, Userdata.IsChosen(userdata, choice));
    }

    private static Element Read(AttributeReader<NFTA_SET_ELEM> attributes, Set set)
    {
        Datum? key = null;
        Datum? data = null;
        var (comment, @private) = ((string?)null, (byte[]?)null);
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case NFTA_SET_ELEM.KEY:
                    key = ReadValue(attribute.Nested<NFTA_DATA>(), set.Key);
                    break;
                case NFTA_SET_ELEM.DATA when set.Data is { } types:
                    data = ReadValue(attribute.Nested<NFTA_DATA>(), types);
                    break;
                case NFTA_SET_ELEM.USERDATA:
                    (comment, @private) = Userdata.Read(attribute.Bytes);
                    break;
            }
        }

        return new Element(set, key ?? throw NoValue()) { Data = data, Comment = comment, Private = @private };
    }

    private static Datum ReadValue(AttributeReader<NFTA_DATA> data, IReadOnlyList<DataType> types)
    {
        foreach (var attribute in data)
        {
            if (attribute.Type == NFTA_DATA.VALUE)
                return Datum.Read(types, attribute.Exactly(types.Length()));
        }

        throw NoValue();
    }

    private static NetlinkException NoValue() => NetlinkException.Malformed("read nftables element: no value");
}
