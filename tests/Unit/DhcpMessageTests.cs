using System.Buffers.Binary;
using CniPlugins.Cni;
using CniPlugins.Ipam.Dhcp;
using CniPlugins.Ipam.Dhcp.Daemon;
using CniPlugins.Ipam.Dhcp.Packets;
using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Tests.Unit;

/// <summary>DHCP's messages: what is written, what is read, and what is not taken for one.</summary>
public sealed class DhcpMessageTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void A_discover_has_the_fields_and_options_in_their_places()
    {
        var client = new Client([0, .. "c/n/eth0"u8], new Dictionary<byte, byte[]> { [12] = [.. "podA"u8] }, [3, 1]);
        Assert.True(MacAddress.TryParse("02:00:00:00:00:07", out var mac));
        var bytes = client.Discover(new DhcpMessage { Transaction = 0x01020304, HardwareAddress = mac, Seconds = 5 }, wish: null).ToBytes();
        Assert.Equal(300, bytes.Length);
        Assert.Equal("0101060001020304" + "00050000" + "00000000" + "00000000", Convert.ToHexString(bytes[..20]));
        Assert.Equal("020000000007", Convert.ToHexString(bytes[28..34]));
        Assert.Equal(
            "63825363" + "0C04706F6441" + "350101" + "37020301" + "390205DC" + "3D0900632F6E2F65746830" + "FF",
            Convert.ToHexString(bytes[236..][..33]));
    }

    [Fact]
    public void What_is_provided_takes_the_place_of_what_would_be_sent()
    {
        var client = new Client([0, 1], new Dictionary<byte, byte[]> { [61] = [9, 9], [53] = [4] }, [1]);
        var options = client.Take(new DhcpMessage(), IpAddress.Parse("10.0.0.9"), IpAddress.Parse("10.0.0.1")).Options;
        Assert.Equal([9, 9], options.Find(61)!);
        Assert.Equal((byte)3, options.Byte(53));
        Assert.Equal([10, 0, 0, 9], options.Find(50)!);
        Assert.Equal([10, 0, 0, 1], options.Find(54)!);
        Assert.Equal([9, 9], client.Release(new DhcpMessage(), IpAddress.Parse("10.0.0.9"), IpAddress.Parse("10.0.0.1")).Options.Find(61)!);
    }

    [Fact]
    public void Options_that_are_long_or_overflow_into_other_fields_are_whole()
    {
        byte[] value = [.. Enumerable.Range(0, 300).Select(i => (byte)i)];
        var written = new DhcpOptions().Set(121, value).ToBytes();
        Assert.Equal(value, DhcpOptions.Read(written, [], [])!.Find(121));

        var file = new byte[128];
        new byte[] { 3, 4, 10, 0, 0, 1, 255 }.CopyTo(file, 0);
        var name = new byte[64];
        new byte[] { 1, 4, 255, 255, 255, 0, 255 }.CopyTo(name, 0);
        var options = DhcpOptions.Read([52, 1, 3, 255], file, name)!;
        Assert.Equal(IpAddress.Parse("10.0.0.1"), options.Address(3));
        Assert.Equal(0xffffff00, options.UInt32(1));
        Assert.Null(DhcpOptions.Read([52, 1, 1, 255], new byte[128], name));
    }

    [Theory]
    [InlineData(new byte[] { 1, 4, 255, 255 })] // cut
    [InlineData(new byte[] { 1, 4, 255, 255, 255, 0 })] // without an end
    [InlineData(new byte[] { 53 })]
    public void Options_that_are_cut_are_no_message(byte[] options) => Assert.Null(DhcpOptions.Read(options, [], []));

    [Theory]
    [InlineData("18C0A807" + "0A050009" + "00" + "0A0500FE", "192.168.7.0/24 10.5.0.9 -|0.0.0.0/0 10.5.0.254 -")]
    [InlineData("20A9FEA9FE" + "00000000", "169.254.169.254/32 - 253")]
    [InlineData("17C0A807" + "0A050009", "192.168.6.0/23 10.5.0.9 -")] // host bits
    public void Classless_routes_take_the_place_of_all_others(string hex, string expected)
    {
        var options = Options(hex);
        Assert.Equal(expected, Describe(DhcpRoutes.Of(options)));
    }

    [Theory]
    [InlineData("21C0A80700000A050009")] // a prefix of 33 bits
    [InlineData("18C0A8070A0500")] // cut
    [InlineData("")]
    public void Classless_routes_that_are_spoilt_count_as_none(string hex) => Assert.Equal(
        "10.0.0.0/8 10.5.0.2 -|192.168.9.0/24 10.5.0.3 -|0.0.0.0/0 10.5.0.1 -", Describe(DhcpRoutes.Of(Options(hex))));

    [Fact]
    public void A_datagram_is_what_a_kernel_takes()
    {
        var packet = Datagram.Wrap(IpAddress.Parse("10.0.0.2"), IpAddress.Parse("10.0.0.1"), [1, 2, 3]);
        Assert.Equal(31, packet.Length);
        Assert.Equal(0xffff, Sum(packet[..20]));
        Assert.Equal(0xffff, Sum([.. packet[12..20], 0, 17, 0, 11, .. packet[20..], 0]));
    }

    [Fact]
    public void Only_whole_datagrams_to_the_clients_port_are_unwrapped()
    {
        var packet = Datagram.Wrap(IpAddress.Parse("10.0.0.1"), IpAddress.Parse("10.0.0.2"), [1, 2, 3]);
        Assert.True(Datagram.Unwrap(packet).IsEmpty); // to the server's
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(22), 68);
        Assert.Equal([1, 2, 3], Datagram.Unwrap(packet).ToArray());
        Assert.Equal([1, 2, 3], Datagram.Unwrap([.. packet, 0, 0]).ToArray()); // Ethernet's padding
        for (var length = 0; length < packet.Length; length++)
            Assert.True(Datagram.Unwrap(packet.AsSpan(0, length)).IsEmpty);
        foreach (var (at, value) in new[] { (0, 0x65), (0, 0x44), (6, 0x20), (7, 1), (9, 6), (24, 255) })
        {
            var spoilt = packet.ToArray();
            spoilt[at] = (byte)value;
            Assert.True(Datagram.Unwrap(spoilt).IsEmpty, $"byte {at}");
        }
    }

    [Theory]
    [InlineData(100u, null, null, 50, 87, 100)]
    [InlineData(100u, 20u, 60u, 20, 60, 100)]
    [InlineData(100u, 70u, 60u, 50, 60, 100)] // T1 behind T2
    [InlineData(100u, 20u, 200u, 20, 87, 100)] // T2 behind the end
    [InlineData(null, null, null, 1800, 3150, 3600)]
    public void Times_are_the_servers_where_they_make_sense(uint? lease, uint? t1, uint? t2, int renew, int rebind, int expire)
    {
        var terms = LeaseTerms.Read(Ack(lease, t1, t2), 5 * Second, new byte[6]);
        Assert.Equal((renew, rebind, expire), (In(terms.RenewAt), In(terms.RebindAt), In(terms.ExpiresAt)));

        static int In(long moment) => (int)((moment - (5 * Second)) / Second);
    }

    [Fact]
    public void An_infinite_lease_is_never_renewed()
    {
        var terms = LeaseTerms.Read(Ack(uint.MaxValue, 10, 20), 0, new byte[6]);
        Assert.Equal((long.MaxValue, long.MaxValue, long.MaxValue), (terms.RenewAt, terms.RebindAt, terms.ExpiresAt));
    }

    [Fact]
    public void A_lease_without_a_mask_is_refused_unless_it_was_known()
    {
        var ack = Ack(60, null, null, mask: null);
        Assert.Equal("DHCP option Subnet Mask not found in DHCPACK", Assert.Throws<CniException>(() => LeaseTerms.Read(ack, 0, new byte[6])).Message);
        Assert.Equal("10.0.0.9/20", LeaseTerms.Read(ack, 0, new byte[6], Cidr.Parse("10.0.0.9/20")).Address.ToString());
    }

    [Fact]
    public void A_lease_is_read_back_as_it_was_kept()
    {
        var key = new LeaseKey(ContainerId.Parse("c1"), "net", IfName.TryParse("eth0", out _, out _)!);
        var withdrawn = new PodAddress(24, true, [new(Cidr.Parse("0.0.0.0/0")) { Gateway = IpAddress.Parse("10.0.0.1"), Scope = 0, Priority = 5, Table = 254 }]);
        var record = new LeaseRecord(
            key, new PodLink("/run/netns/x", new FileIdentity(0, 4, 4026532000), 2),
            new Client(key.ClientId, new Dictionary<byte, byte[]> { [12] = [1, 2] }, [121, 3]),
            LeaseTerms.Read(Ack(60, null, null), 7, [1, 2, 3, 4, 5, 6]), withdrawn, Created: 9);
        var read = LeaseRecord.FromFile(record.ToFile())!;
        Assert.Equal(Convert.ToHexString(record.ToFile()), Convert.ToHexString(read.ToFile()));
        Assert.Equal((record.Key, record.Pod, record.Created, record.Terms.ExpiresAt), (read.Key, read.Pod, read.Created, read.Terms.ExpiresAt));
        Assert.Equal(withdrawn.Routes, read.Withdrawn!.Routes);

        var other = System.Text.Encoding.UTF8.GetString(record.ToFile()).Replace(BootClock.BootId, "another boot", StringComparison.Ordinal);
        Assert.Null(LeaseRecord.FromFile(System.Text.Encoding.UTF8.GetBytes(other)));
        for (var length = 0; length < record.ToFile().Length; length++)
            Assert.Null(LeaseRecord.FromFile(record.ToFile()[..length]));
    }

    private static DhcpOptions Options(string classless) => new DhcpOptions()
        .Set(3, 10, 5, 0, 1)
        .Set(33, 10, 1, 1, 1, 10, 5, 0, 2, 192, 168, 9, 1, 10, 5, 0, 3, 0, 0, 0, 0, 10, 5, 0, 4)
        .Set(121, Convert.FromHexString(classless));

    private static string Describe(IEnumerable<RouteConfig> routes) => string.Join(
        '|', routes.Select(route => $"{route.Destination} {route.Gateway?.ToString() ?? "-"} {route.Scope?.ToString() ?? "-"}"));

    private static byte[] Ack(uint? lease, uint? t1, uint? t2, uint? mask = 0xffffff00)
    {
        var options = new DhcpOptions().Set(53, 5).Set(54, 10, 0, 0, 1);
        foreach (var (code, value) in new (byte, uint?)[] { (1, mask), (51, lease), (58, t1), (59, t2) })
        {
            if (value is { } number)
                options.Set(code, (byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number);
        }

        return new DhcpMessage { IsReply = true, YourAddress = IpAddress.Parse("10.0.0.9"), Options = options }.ToBytes();
    }

    private static int Sum(byte[] bytes)
    {
        var sum = 0;
        for (var i = 0; i < bytes.Length; i += 2)
            sum += (bytes[i] << 8) | bytes[i + 1];
        return (sum & 0xffff) + (sum >> 16);
    }
}
