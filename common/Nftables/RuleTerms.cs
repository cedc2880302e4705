using System.Buffers.Binary;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>
/// The little of a rule's expressions by which somebody else's rules are told apart: whole addresses, a port, and where
/// it leads.
/// </summary>
internal readonly record struct RuleTerms(
    IpAddress? Source,
    IpAddress? Destination,
    Protocol? Protocol,
    ushort? Port,
    string? Target,
    IpAddress? LeadsTo,
    bool MayAccept,
    bool AsksConnection)
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
                else if (name == "meta")
                    field = FieldOf(attribute.Nested<NFTA_META>());
                else if (name == "cmp" && loaded is not Field.Other)
                    terms = terms.With(loaded, EqualTo(attribute.Nested<NFTA_CMP>()));
                else if (name == "immediate")
                    terms = terms.With(attribute.Nested<NFTA_IMMEDIATE>());
            }

            terms = name switch
            {
                "lookup" => terms with { MayAccept = true }, // a map's verdicts are its elements'
                "ct" => terms with { AsksConnection = true },
                _ => terms,
            };
            loaded = field; // what is masked before it is compared is no whole address
        }

        return terms;
    }

    private RuleTerms With(Field field, ReadOnlySpan<byte> value) => (field, value.Length) switch
    {
        (Field.Source, 4 or 16) => this with { Source = IpAddress.FromBytes(value) },
        (Field.Destination, 4 or 16) => this with { Destination = IpAddress.FromBytes(value) },
        (Field.Protocol, sizeof(byte)) => this with { Protocol = (Protocol)value[0] },
        (Field.Port, sizeof(ushort)) => this with { Port = BinaryPrimitives.ReadUInt16BigEndian(value) },
        _ => this,
    };

    private static Field FieldOf(AttributeReader<NFTA_META> meta)
    {
        foreach (var attribute in meta)
        {
            if (attribute.Type == NFTA_META.KEY)
                return attribute.UInt32Net == (uint)NFT_META.L4PROTO ? Field.Protocol : Field.Other;
        }

        return Field.Other;
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

        // struct iphdr and struct ip6_hdr; the head of tcp, udp and sctp.
        return ((NFT_PAYLOAD)@base, offset, length) switch
        {
            (NFT_PAYLOAD.NETWORK_HEADER, 12, 4) or (NFT_PAYLOAD.NETWORK_HEADER, 8, 16) => Field.Source,
            (NFT_PAYLOAD.NETWORK_HEADER, 16, 4) or (NFT_PAYLOAD.NETWORK_HEADER, 24, 16) => Field.Destination,
            (NFT_PAYLOAD.NETWORK_HEADER, 9, 1) or (NFT_PAYLOAD.NETWORK_HEADER, 6, 1) => Field.Protocol,
            (NFT_PAYLOAD.TRANSPORT_HEADER, 2, 2) => Field.Port,
            _ => Field.Other,
        };
    }

    /// <summary>What a comparison asks for; nothing when it asks for something else than equality.</summary>
    private static ReadOnlySpan<byte> EqualTo(AttributeReader<NFTA_CMP> comparison)
    {
        var isEqual = false;
        ReadOnlySpan<byte> value = [];
        foreach (var attribute in comparison)
        {
            if (attribute.Type == NFTA_CMP.OP)
                isEqual = attribute.UInt32Net == (uint)NFT_CMP.EQ;
            else if (attribute.Type == NFTA_CMP.DATA)
                value = ValueOf(attribute.Nested<NFTA_DATA>());
        }

        return isEqual ? value : [];
    }

    private static ReadOnlySpan<byte> ValueOf(AttributeReader<NFTA_DATA> data)
    {
        foreach (var attribute in data)
        {
            if (attribute.Type == NFTA_DATA.VALUE)
                return attribute.Bytes;
        }

        return [];
    }

    /// <summary>A verdict, or a value that a later expression uses: an address is where a dnat leads.</summary>
    private RuleTerms With(AttributeReader<NFTA_IMMEDIATE> immediate)
    {
        var terms = this;
        foreach (var attribute in immediate)
        {
            if (attribute.Type != NFTA_IMMEDIATE.DATA)
                continue;
            if (Verdict.Read(attribute.Nested<NFTA_DATA>()) is { } verdict)
                terms = terms with { Target = terms.Target ?? verdict.Chain, MayAccept = terms.MayAccept || verdict.MayAccept };
            if (ValueOf(attribute.Nested<NFTA_DATA>()) is { Length: 4 or 16 } address)
                terms = terms with { LeadsTo = IpAddress.FromBytes(address) };
        }

        return terms;
    }

    private enum Field
    {
        Other,
        Source,
        Destination,
        Protocol,
        Port,
    }
}
