using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Route;
using CniPlugins.Route.Uapi;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Unit;

/// <summary>Requests, byte for byte (little-endian machines).</summary>
public sealed class RouteWireTests
{
    [Fact]
    public void A_veth_is_one_message_with_its_peer_inside()
    {
        var spec = new VethSpec("veth01", "eth0") { Mtu = 1400, MasterIndex = 7, Up = true, TxQueueLength = 0, PeerMac = Mac };
        spec.Write(stackalloc byte[512]).Bytes.ShouldBe("""
            8c 00 00 00   # 140 bytes
            10 00 01 06   # RTM_NEWLINK, REQUEST | EXCL | CREATE
            00 00 00 00   # sequence
            00 00 00 00   # port
            00 00 00 00   # ifinfomsg: family, pad, type
            00 00 00 00   # index
            01 00 00 00   # flags IFF_UP
            01 00 00 00   # change IFF_UP
            0b 00 03 00   # 11, IFLA_IFNAME
            76 65 74 68   # veth
            30 31 00 00   # 01
            08 00 04 00   # 8, IFLA_MTU
            78 05 00 00   # 1400
            08 00 0d 00   # 8, IFLA_TXQLEN
            00 00 00 00   # 0
            08 00 0a 00   # 8, IFLA_MASTER
            07 00 00 00   # 7
            48 00 12 80   # 72, IFLA_LINKINFO | NESTED
            09 00 01 00   # 9, IFLA_INFO_KIND
            76 65 74 68   # veth
            00 00 00 00
            38 00 02 80   # 56, IFLA_INFO_DATA | NESTED
            34 00 01 80   # 52, VETH_INFO_PEER | NESTED
            00 00 00 00   # ifinfomsg of the peer, which cannot be born up
            00 00 00 00
            00 00 00 00
            00 00 00 00
            09 00 03 00   # 9, IFLA_IFNAME
            65 74 68 30   # eth0
            00 00 00 00
            08 00 04 00   # 8, IFLA_MTU
            78 05 00 00   # 1400
            0a 00 01 00   # 10, IFLA_ADDRESS
            02 00 00 00   # 02:00:00:00:00:2a
            00 2a 00 00
            """);
    }

    [Fact]
    public void A_rule_names_its_source_and_its_table()
    {
        new RuleSpec(Cidr.Parse("10.1.0.2/32"), 1001) { Priority = 100 }.Request(stackalloc byte[512], RTM.DELRULE).Bytes.ShouldBe("""
            34 00 00 00   # 52 bytes
            21 00 01 00   # RTM_DELRULE, REQUEST
            00 00 00 00
            00 00 00 00
            02 00 20 00   # fib_rule_hdr: AF_INET, destination's length, /32, tos
            00 00 00 01   # table (above 255: in the attribute), reserved, FR_ACT_TO_TBL
            00 00 00 00   # flags
            08 00 02 00   # 8, FRA_SRC
            0a 01 00 02   # 10.1.0.2
            08 00 0f 00   # 8, FRA_TABLE
            e9 03 00 00   # 1001
            08 00 06 00   # 8, FRA_PRIORITY
            64 00 00 00   # 100
            """);
    }

    [Fact]
    public void A_macvlan_names_its_device_and_its_number()
    {
        var spec = new MacvlanSpec("eth0", MacvlanMode.Vepa) { LowerIndex = 3, Index = 65536, BroadcastQueueLength = 2000 };
        spec.Write(stackalloc byte[512]).Bytes.ShouldBe("""
            58 00 00 00   # 88 bytes
            10 00 01 06   # RTM_NEWLINK, REQUEST | EXCL | CREATE
            00 00 00 00
            00 00 00 00
            00 00 00 00   # ifinfomsg: family, pad, type
            00 00 01 00   # index
            00 00 00 00   # flags
            00 00 00 00   # change
            09 00 03 00   # 9, IFLA_IFNAME
            65 74 68 30   # eth0
            00 00 00 00
            08 00 05 00   # 8, IFLA_LINK
            03 00 00 00
            24 00 12 80   # 36, IFLA_LINKINFO | NESTED
            0c 00 01 00   # 12, IFLA_INFO_KIND
            6d 61 63 76   # macvlan
            6c 61 6e 00
            14 00 02 80   # 20, IFLA_INFO_DATA | NESTED
            08 00 01 00   # 8, IFLA_MACVLAN_MODE
            02 00 00 00   # MACVLAN_MODE_VEPA
            08 00 07 00   # 8, IFLA_MACVLAN_BC_QUEUE_LEN
            d0 07 00 00   # 2000
            """);
    }

    [Fact]
    public void An_IPv4_address_has_a_broadcast_address_and_flags_only_if_there_are_any()
    {
        using var socket = Socket(7);
        var message = socket.RequireLink("br0").AddressRequest(
            stackalloc byte[512], RTM.NEWADDR, NLM_F.CREATE | NLM_F.EXCL, Cidr.Parse("10.1.0.2/24"), AddressFlags.NoPrefixRoute);
        message.Bytes.ShouldBe("""
            38 00 00 00   # 56 bytes
            14 00 01 06   # RTM_NEWADDR, REQUEST | EXCL | CREATE
            00 00 00 00
            00 00 00 00
            02 18 00 00   # ifaddrmsg: AF_INET, /24, flags, scope universe
            07 00 00 00   # link 7
            08 00 02 00   # 8, IFA_LOCAL
            0a 01 00 02   # 10.1.0.2
            08 00 01 00   # 8, IFA_ADDRESS
            0a 01 00 02   # 10.1.0.2
            08 00 04 00   # 8, IFA_BROADCAST
            0a 01 00 ff   # 10.1.0.255
            08 00 08 00   # 8, IFA_FLAGS
            00 02 00 00   # NOPREFIXROUTE
            """);
    }

    [Fact]
    public void A_route_in_a_far_table_names_it_by_attribute()
    {
        var route = new RouteSpec(Cidr.Parse("10.9.0.0/16")) { Gateway = IpAddress.Parse("10.1.0.1"), Table = 1000, Priority = 5, Mtu = 1300 };
        route.AddRequest(stackalloc byte[512], linkIndex: 3).Bytes.ShouldBe("""
            50 00 00 00   # 80 bytes
            18 00 01 04   # RTM_NEWROUTE, REQUEST | CREATE
            00 00 00 00
            00 00 00 00
            02 10 00 00   # rtmsg: AF_INET, /16, no source, tos
            00 03 00 01   # table by attribute, boot, universe, unicast
            00 00 00 00   # flags
            08 00 01 00   # 8, RTA_DST
            0a 09 00 00   # 10.9.0.0
            08 00 04 00   # 8, RTA_OIF
            03 00 00 00   # 3
            08 00 05 00   # 8, RTA_GATEWAY
            0a 01 00 01   # 10.1.0.1
            08 00 06 00   # 8, RTA_PRIORITY
            05 00 00 00   # 5
            08 00 0f 00   # 8, RTA_TABLE
            e8 03 00 00   # 1000
            0c 00 08 80   # 12, RTA_METRICS | NESTED
            08 00 02 00   # 8, RTAX_MTU
            14 05 00 00   # 1300
            """);
    }

    [Fact]
    public void A_VLAN_goes_to_the_bridge_of_the_port()
    {
        using var socket = Socket(7);
        socket.RequireLink("v0").VlanRequest(stackalloc byte[512], RTM.SETLINK, new PortVlan(100, Pvid: true, Untagged: true)).Bytes.ShouldBe("""
            34 00 00 00   # 52 bytes
            13 00 01 00   # RTM_SETLINK, REQUEST
            00 00 00 00
            00 00 00 00
            07 00 00 00   # ifinfomsg: AF_BRIDGE
            07 00 00 00   # link 7
            00 00 00 00
            00 00 00 00
            14 00 1a 80   # 20, IFLA_AF_SPEC | NESTED
            06 00 00 00   # 6, IFLA_BRIDGE_FLAGS
            01 00 00 00   # MASTER
            08 00 02 00   # 8, IFLA_BRIDGE_VLAN_INFO
            06 00 64 00   # PVID | UNTAGGED, 100
            """);
    }

    [Fact]
    public void A_VLAN_range_is_read_as_its_members()
    {
        var vlans = new List<PortVlan>();
        var bytes = Wire.Parse("""
            24 00 1a 80   # 36, IFLA_AF_SPEC | NESTED
            08 00 02 00   # 8, IFLA_BRIDGE_VLAN_INFO
            06 00 01 00   # PVID | UNTAGGED, 1
            08 00 02 00
            08 00 0a 00   # RANGE_BEGIN, 10
            08 00 02 00
            10 00 0c 00   # RANGE_END, 12
            08 00 02 00
            00 00 64 00   # 100
            """);
        PortVlan.Read(new AttributeReader<IFLA>(bytes), vlans);
        Assert.Equal([new(1, true, true), new(10), new(11), new(12), new(100)], vlans);
    }

    private static MacAddress Mac => MacAddress.TryParse("02:00:00:00:00:2a", out var mac) ? mac : default;

    /// <summary>A kernel that has exactly one link, whatever it is asked for.</summary>
    private static RouteSocket Socket(byte index) => new(new NetlinkSocket(new FakeKernel(request =>
        [FakeKernel.Message((ushort)RTM.NEWLINK, FakeKernel.Sequence(request), [0, 0, 0, 0, index, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])])));
}
