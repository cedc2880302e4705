using CniPlugins.Conntrack;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Unit;

/// <summary>Questions to ctnetlink byte by byte, and its answers.</summary>
public sealed class ConntrackWireTests
{
    private static readonly Flow Dns = new(17, IpAddress.Parse("192.0.2.2"), 40000, IpAddress.Parse("192.0.2.1"), 53);

    [Fact]
    public void A_listing_asks_the_kernel_for_the_protocol_and_the_port()
    {
        var kernel = new FakeKernel(request => FakeKernel.Sequences(request).Select(sequence => FakeKernel.Done(sequence)));
        using var conntrack = new ConntrackSocket(new NetlinkSocket(kernel));
        Assert.Empty(conntrack.FlowsTo(isV6: false, 17, 53));
        Assert.Equal([1, 1], kernel.Requests[1][4..6]); // IPCTNL_MSG_CT_GET of NFNL_SUBSYS_CTNETLINK
        ((ReadOnlySpan<byte>)kernel.Requests[1].AsSpan(16)).ShouldBe("""
            02 00 00 00   # AF_INET, NFNETLINK_V0
            18 00 01 80   # CTA_TUPLE_ORIG
            14 00 02 80   # CTA_TUPLE_PROTO
            05 00 01 00   # CTA_PROTO_NUM
            11 00 00 00   # udp
            06 00 03 00   # CTA_PROTO_DST_PORT
            00 35 00 00   # 53
            0c 00 19 80   # CTA_FILTER
            08 00 01 00   # CTA_FILTER_ORIG_FLAGS
            28 00 00 00   # protocol, destination port
            """);
    }

    [Fact]
    public void A_namespace_without_connections_is_not_searched()
    {
        // nfgenmsg, CTA_STATS_GLOBAL_ENTRIES: 0
        byte[] none = [0, 0, 0, 0, 8, 0, 1, 0, 0, 0, 0, 0];
        var kernel = new FakeKernel(request => FakeKernel.Sequences(request).Select(sequence => FakeKernel.Message(0x105, sequence, none)));
        using var conntrack = new ConntrackSocket(new NetlinkSocket(kernel));
        Assert.Empty(conntrack.FlowsTo(isV6: false, 17, 53));
        Assert.Equal([5, 1], Assert.Single(kernel.Requests)[4..6]); // IPCTNL_MSG_CT_GET_STATS
    }

    [Fact]
    public void A_flow_is_forgotten_by_its_whole_first_packet()
    {
        var kernel = new FakeKernel(request => FakeKernel.Sequences(request).Select(sequence => FakeKernel.Ack(sequence)));
        using var conntrack = new ConntrackSocket(new NetlinkSocket(kernel));
        conntrack.Delete(Dns with { Id = 0x01020304, Zone = 7 });
        Assert.Equal([2, 1], kernel.Requests[0][4..6]); // IPCTNL_MSG_CT_DELETE: without a tuple it would be all flows
        ((ReadOnlySpan<byte>)kernel.Requests[0].AsSpan(16)).ShouldBe("""
            02 00 00 00
            34 00 01 80   # CTA_TUPLE_ORIG
            14 00 01 80   # CTA_TUPLE_IP
            08 00 01 00   # CTA_IP_V4_SRC
            c0 00 02 02
            08 00 02 00   # CTA_IP_V4_DST
            c0 00 02 01
            1c 00 02 80   # CTA_TUPLE_PROTO
            05 00 01 00   # CTA_PROTO_NUM
            11 00 00 00
            06 00 02 00   # CTA_PROTO_SRC_PORT
            9c 40 00 00
            06 00 03 00   # CTA_PROTO_DST_PORT
            00 35 00 00
            08 00 0c 00   # CTA_ID
            01 02 03 04
            06 00 12 00   # CTA_ZONE
            00 07 00 00
            """);
    }

    [Theory]
    [InlineData(nameof(Errno.EINVAL))]
    [InlineData(nameof(Errno.EOPNOTSUPP))]
    public void A_kernel_without_the_module_tracks_nothing(string answer)
    {
        var errno = Enum.Parse<Errno>(answer);
        using var conntrack = new ConntrackSocket(new NetlinkSocket(
            new FakeKernel(request => FakeKernel.Sequences(request).Select(sequence => FakeKernel.Ack(sequence, errno)))));
        Assert.Empty(conntrack.FlowsTo(isV6: true, 17, 53));
    }

    [Fact]
    public void A_flow_that_ended_by_itself_is_forgotten_and_another_refusal_is_not()
    {
        static ConntrackSocket Refusing(Errno errno) =>
            new(new NetlinkSocket(new FakeKernel(request => FakeKernel.Sequences(request).Select(sequence => FakeKernel.Ack(sequence, errno)))));
        using var gone = Refusing(Errno.ENOENT);
        gone.Delete(Dns);
        using var forbidden = Refusing(Errno.EPERM);
        Assert.Equal(Errno.EPERM, Assert.Throws<NetlinkException>(() => forbidden.Delete(Dns)).Errno);
    }
}
