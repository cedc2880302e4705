using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Nftables;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Unit;

/// <summary>Batches, byte for byte (little-endian machines).</summary>
public sealed class NftWireTests
{
    private static readonly Table Table = new(Family.Inet, "t");

    [Fact]
    public void A_rule_is_a_list_of_expressions_between_begin_and_end()
    {
        var rule = new Batch().Add(
            new Chain(Table, "c"), [Ip.V4.Source.Is(Cidr.Parse("10.1.0.0/16")), Nat.Masquerade], "mine");
        Sent(rule, generation: 7).ShouldBe("""
            1c 00 00 00   # 28 bytes
            10 00 01 00   # NFNL_MSG_BATCH_BEGIN, REQUEST
            01 00 00 00   # sequence 1
            00 00 00 00
            00 00 00 0a   # nfgenmsg: unspecific family, version 0, NFNL_SUBSYS_NFTABLES (big-endian)
            08 00 01 00   # 8, NFNL_BATCH_GENID
            00 00 00 07   # 7

            3c 01 00 00   # 316 bytes
            06 0a 05 0c   # NFTABLES | NFT_MSG_NEWRULE, REQUEST | ACK | CREATE | APPEND
            02 00 00 00   # sequence 2
            00 00 00 00
            01 00 00 00   # nfgenmsg: NFPROTO_INET
            06 00 01 00   # 6, NFTA_RULE_TABLE
            74 00 00 00   # t
            06 00 02 00   # 6, NFTA_RULE_CHAIN
            63 00 00 00   # c
            0c 01 04 80   # 268, NFTA_RULE_EXPRESSIONS | NESTED
            24 00 01 80   # 36, NFTA_LIST_ELEM: [ meta load nfproto => reg 1 ]
            09 00 01 00   # 9, NFTA_EXPR_NAME
            6d 65 74 61   # meta
            00 00 00 00
            14 00 02 80   # 20, NFTA_EXPR_DATA
            08 00 02 00   # 8, NFTA_META_KEY
            00 00 00 0f   # NFT_META_NFPROTO
            08 00 01 00   # 8, NFTA_META_DREG
            00 00 00 08   # NFT_REG32_00
            2c 00 01 80   # 44, NFTA_LIST_ELEM: [ cmp eq reg 1 0x02 ]
            08 00 01 00   # 8, NFTA_EXPR_NAME
            63 6d 70 00   # cmp
            20 00 02 80   # 32, NFTA_EXPR_DATA
            08 00 01 00   # 8, NFTA_CMP_SREG
            00 00 00 08   # NFT_REG32_00
            08 00 02 00   # 8, NFTA_CMP_OP
            00 00 00 00   # NFT_CMP_EQ
            0c 00 03 80   # 12, NFTA_CMP_DATA
            05 00 01 00   # 5, NFTA_DATA_VALUE
            02 00 00 00   # NFPROTO_IPV4
            34 00 01 80   # 52, NFTA_LIST_ELEM: [ payload load 4b @ network header + 12 => reg 1 ]
            0c 00 01 00   # 12, NFTA_EXPR_NAME
            70 61 79 6c   # payl
            6f 61 64 00   # oad
            24 00 02 80   # 36, NFTA_EXPR_DATA
            08 00 01 00   # 8, NFTA_PAYLOAD_DREG
            00 00 00 08   # NFT_REG32_00
            08 00 02 00   # 8, NFTA_PAYLOAD_BASE
            00 00 00 01   # NFT_PAYLOAD_NETWORK_HEADER
            08 00 03 00   # 8, NFTA_PAYLOAD_OFFSET
            00 00 00 0c   # 12
            08 00 04 00   # 8, NFTA_PAYLOAD_LEN
            00 00 00 04   # 4
            44 00 01 80   # 68, NFTA_LIST_ELEM: [ bitwise reg 1 = ( reg 1 & 255.255.0.0 ) ^ 0 ]
            0c 00 01 00   # 12, NFTA_EXPR_NAME
            62 69 74 77   # bitw
            69 73 65 00   # ise
            34 00 02 80   # 52, NFTA_EXPR_DATA
            08 00 01 00   # 8, NFTA_BITWISE_SREG
            00 00 00 08   # NFT_REG32_00
            08 00 02 00   # 8, NFTA_BITWISE_DREG
            00 00 00 08   # NFT_REG32_00
            08 00 03 00   # 8, NFTA_BITWISE_LEN
            00 00 00 04   # 4
            0c 00 04 80   # 12, NFTA_BITWISE_MASK
            08 00 01 00   # 8, NFTA_DATA_VALUE
            ff ff 00 00   # 255.255.0.0
            0c 00 05 80   # 12, NFTA_BITWISE_XOR
            08 00 01 00   # 8, NFTA_DATA_VALUE
            00 00 00 00   # 0
            2c 00 01 80   # 44, NFTA_LIST_ELEM: [ cmp eq reg 1 10.1.0.0 ]
            08 00 01 00   # 8, NFTA_EXPR_NAME
            63 6d 70 00   # cmp
            20 00 02 80   # 32, NFTA_EXPR_DATA
            08 00 01 00   # 8, NFTA_CMP_SREG
            00 00 00 08   # NFT_REG32_00
            08 00 02 00   # 8, NFTA_CMP_OP
            00 00 00 00   # NFT_CMP_EQ
            0c 00 03 80   # 12, NFTA_CMP_DATA
            08 00 01 00   # 8, NFTA_DATA_VALUE
            0a 01 00 00   # 10.1.0.0
            14 00 01 80   # 20, NFTA_LIST_ELEM: [ masq ]
            09 00 01 00   # 9, NFTA_EXPR_NAME
            6d 61 73 71   # masq
            00 00 00 00
            04 00 02 80   # 4, NFTA_EXPR_DATA
            0b 00 07 00   # 11, NFTA_RULE_USERDATA
            00 05 6d 69   # comment, 5: mi
            6e 65 00 00   # ne

            14 00 00 00   # 20 bytes
            11 00 01 00   # NFNL_MSG_BATCH_END, REQUEST
            03 00 00 00   # sequence 3
            00 00 00 00
            00 00 00 0a   # nfgenmsg: NFNL_SUBSYS_NFTABLES
            """);
    }

    [Fact]
    public void An_element_has_its_parts_in_whole_registers_and_its_owner_beside_it()
    {
        var map = new Set(Table, "m", DataType.InetProto, DataType.InetService) { Data = [DataType.Ipv4Addr, DataType.InetService] };
        var element = new Element(map, new Datum(Value.Of(Protocol.Tcp), Value.Port(8080)))
        {
            Data = new Datum(Value.Of(IpAddress.Parse("10.1.0.2")), Value.Port(80)),
            Comment = "me",
            Private = [0xaa, 0xbb],
        };
        Sent(new Batch().Create(element))[20..^20].ShouldBe("""
            5c 00 00 00   # 92 bytes
            0c 0a 05 06   # NFTABLES | NFT_MSG_NEWSETELEM, REQUEST | ACK | EXCL | CREATE
            02 00 00 00
            00 00 00 00
            01 00 00 00   # nfgenmsg: NFPROTO_INET
            06 00 01 00   # 6, NFTA_SET_ELEM_LIST_TABLE
            74 00 00 00   # t
            06 00 02 00   # 6, NFTA_SET_ELEM_LIST_SET
            6d 00 00 00   # m
            38 00 03 80   # 56, NFTA_SET_ELEM_LIST_ELEMENTS
            34 00 01 80   # 52, NFTA_LIST_ELEM
            10 00 01 80   # 16, NFTA_SET_ELEM_KEY
            0c 00 01 00   # 12, NFTA_DATA_VALUE
            06 00 00 00   # tcp
            1f 90 00 00   # 8080
            10 00 02 80   # 16, NFTA_SET_ELEM_DATA
            0c 00 01 00   # 12, NFTA_DATA_VALUE
            0a 01 00 02   # 10.1.0.2
            00 50 00 00   # 80
            0d 00 06 00   # 13, NFTA_SET_ELEM_USERDATA
            00 03 6d 65   # comment, 3: me
            00 40 02 aa   # private, 2
            bb 00 00 00
            """);
    }

    [Fact]
    public void Six_bits_of_a_number_name_each_part_of_a_key()
    {
        Assert.Equal(0x730du, ((DataType[])[DataType.Ipv4Addr, DataType.InetProto, DataType.InetService]).Number());
        Assert.Equal([DataType.IfName, DataType.Mark], DataTypes.FromNumber(0xa53)!);
        Assert.Null(DataTypes.FromNumber(0xffffff00)); // a map to verdicts
        Assert.Null(DataTypes.FromNumber(0)); // typeof of an unnumbered type
        Assert.Null(DataTypes.FromNumber(0x3e));
    }

    [Fact]
    public void A_comment_and_what_goes_with_it_have_a_limit()
    {
        Assert.Equal(256, Userdata.Write(new string('x', 200), new byte[51]).Length);
        Assert.Throws<ArgumentException>(() => Userdata.Write(new string('x', 200), new byte[52]));
        Assert.Empty(Userdata.Write(null, null));
        Assert.Equal((null, null), Userdata.Read([0, 200, 65]));
        Assert.Equal((null, null), Userdata.Read([]));
    }

    private static ReadOnlySpan<byte> Sent(Batch batch, uint? generation = null)
    {
        var kernel = new FakeKernel(request => [FakeKernel.Ack(FakeKernel.Sequences(request).SkipLast(1).Last(), Errno.None)]);
        using var socket = new NetlinkSocket(kernel);
        batch.Commit(socket, generation);
        return Assert.Single(kernel.Requests);
    }
}
