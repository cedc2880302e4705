using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>The little of a rule's expressions by which somebody else's rules are told apart: whole addresses, and where it leads.</summary>
internal readonly record struct RuleTerms(IpAddress? Source, IpAddress? Destination, string? Target)
{
    public static RuleTerms Read(AttributeReader<NFTA_LIST> expressions)
    {
        var terms = default(RuleTerms);
        var loaded = Field.Other;
        foreach (var expression in expressions)
        {
            var name = "";
            var field = Field.Other;
            foreach (var attribute in expression.Nested<NFTA_EXPR>())
            {
                if (attribute.Type == NFTA_EXPR.NAME)
                    name = attribute.String;
                else if (name == "payload")
                    field = FieldOf(attribute.Nested<NFTA_PAYLOAD>());
                else if (name == "cmp" && loaded is not Field.Other && AddressOf(attribute.Nested<NFTA_CMP>()) is { } address)
                    terms = loaded is Field.Source ? terms with { Source = address } : terms with { Destination = address };
                else if (name == "immediate")
                    terms = terms with { Target = terms.Target ?? TargetOf(attribute.Nested<NFTA_IMMEDIATE>()) };
            }

            loaded = field; // what is masked before it is compared is no whole address
        }

        return terms;
    }

    /// <summary>Which field a payload expression loads; an address only when it is all of one.</summary>
    private static Field FieldOf(AttributeReader<NFTA_PAYLOAD> payload)
    {
        uint @base = 0, offset = 0, length = 0;
        foreach (var attribute in payload)
        {
            switch (attribute.Type)
            {
                case NFTA_PAYLOAD.BASE:
                    @base = attribute.UInt32Net;
                    break;
                case NFTA_PAYLOAD.OFFSET:
                    offset = attribute.UInt32Net;
                    break;
                case NFTA_PAYLOAD.LEN:
                    length = attribute.UInt32Net;
                    break;
            }
        }

        // struct iphdr and struct ip6_hdr.
        return @base != (uint)NFT_PAYLOAD.NETWORK_HEADER ? Field.Other : (offset, length) switch
        {
            (12, 4) or (8, 16) => Field.Source,
            (16, 4) or (24, 16) => Field.Destination,
            _ => Field.Other,
        };
    }

    private static IpAddress? AddressOf(AttributeReader<NFTA_CMP> comparison)
    {
        var isEqual = false;
        IpAddress? address = null;
        foreach (var attribute in comparison)
        {
            if (attribute.Type == NFTA_CMP.OP)
                isEqual = attribute.UInt32Net == (uint)NFT_CMP.EQ;
            else if (attribute.Type == NFTA_CMP.DATA)
                address = ValueOf(attribute.Nested<NFTA_DATA>());
        }

        return isEqual ? address : null;
    }

    private static IpAddress? ValueOf(AttributeReader<NFTA_DATA> data)
    {
        foreach (var attribute in data)
        {
            if (attribute.Type == NFTA_DATA.VALUE && attribute.Bytes.Length is 4 or 16)
                return IpAddress.FromBytes(attribute.Bytes);
        }

        return null;
    }

    private static string? TargetOf(AttributeReader<NFTA_IMMEDIATE> immediate)
    {
        foreach (var attribute in immediate)
        {
            if (attribute.Type == NFTA_IMMEDIATE.DATA)
                return Verdict.Read(attribute.Nested<NFTA_DATA>())?.Chain;
        }

        return null;
    }

    private enum Field
    {
        Other,
        Source,
        Destination,
    }
}
