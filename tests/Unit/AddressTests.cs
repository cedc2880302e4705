using System.Net;
using CniPlugins.Net;

namespace CniPlugins.Tests.Unit;

/// <summary>Address texts are part of file names and of the protocol: read strictly, written as Go writes them.</summary>
public sealed class AddressTests
{
    [Theory]
    [InlineData("10.1.0.2")]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("fd00::2")]
    [InlineData("2001:db8::1:0:0:1")]
    [InlineData("2001:db8:0:1:1:1:1:1")]
    [InlineData("1:0:0:2::3")]
    [InlineData("1::")]
    [InlineData("fe80::5efe:a00:1")]
    [InlineData("::a00:1")]
    public void A_canonical_text_comes_back(string text) => Assert.Equal(text, IpAddress.Parse(text).ToString());

    [Theory]
    [InlineData("FD00:0:0:0::2", "fd00::2")]
    [InlineData("::ffff:10.1.0.2", "10.1.0.2")]
    [InlineData("::FFFF:0a01:2", "10.1.0.2")]
    [InlineData("64:ff9b::10.0.0.1", "64:ff9b::a00:1")]
    [InlineData("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0")]
    public void Other_texts_are_read(string text, string canonical) => Assert.Equal(canonical, IpAddress.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("10.1.0")]
    [InlineData("10.1.0.256")]
    [InlineData("010.1.0.2")]
    [InlineData("10.1.0.2 ")]
    [InlineData("0x0a.1.0.2")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("1::2::3")]
    [InlineData(":::")]
    [InlineData("1:")]
    [InlineData(":1")]
    [InlineData("fe80::1%eth0")]
    [InlineData("[::1]")]
    [InlineData("::1/64")]
    [InlineData("12345::")]
    [InlineData("1.2.3.4::")]
    [InlineData("::1.2.3")]
    [InlineData("1:2:3:4:5:6:7:1.2.3.4")]
    public void What_is_no_address_is_refused(string text) => Assert.False(IpAddress.TryParse(text, out _));

    [Fact]
    public void Random_addresses_agree_with_the_frameworks()
    {
        var random = new Random(4711);
        var bytes = new byte[16];
        for (var i = 0; i < 20_000; i++)
        {
            random.NextBytes(bytes);
            for (var zero = random.Next(0, 12); zero > 0; zero--)
                bytes[random.Next(16)] = 0;
            bytes[0] = 0x20; // outside the prefixes that the framework writes with a dotted quad
            bytes[9] |= 1;
            var theirs = new IPAddress(bytes);
            Assert.Equal(theirs.ToString(), IpAddress.FromBytes(bytes).ToString());
            Assert.Equal(IpAddress.FromBytes(bytes), IpAddress.Parse(theirs.ToString()));
        }
    }

    [Theory]
    [InlineData("10.1.0.2/24", "10.1.0.0/24", "10.1.0.255")]
    [InlineData("10.1.0.2/0", "0.0.0.0/0", "255.255.255.255")]
    [InlineData("10.1.0.2/32", "10.1.0.2/32", "10.1.0.2")]
    [InlineData("fd00::2/64", "fd00::/64", "fd00::ffff:ffff:ffff:ffff")]
    [InlineData("::1/80", "::/80", "::ffff:ffff:ffff")]
    [InlineData("::ffff:10.1.0.2/120", "10.1.0.0/24", "10.1.0.255")]
    public void A_prefix_knows_its_network_and_its_end(string text, string network, string last)
    {
        var cidr = Cidr.Parse(text);
        Assert.Equal(network, cidr.Network.ToString());
        if (text != "::1/80") // its last address has the bits of an IPv4-mapped one, and keeps its family
            Assert.Equal(IpAddress.Parse(last), cidr.Last);
        Assert.True(cidr.Contains(cidr.Address) && cidr.Contains(cidr.Last) && cidr.Last.IsV6 == cidr.Address.IsV6);
    }

    [Theory]
    [InlineData("10.1.0.2")]
    [InlineData("10.1.0.2/33")]
    [InlineData("10.1.0.2/-1")]
    [InlineData("10.1.0.2/+8")]
    [InlineData("10.1.0.2/")]
    [InlineData("fd00::/129")]
    [InlineData("::ffff:10.0.0.1/95")]
    [InlineData("x/8")]
    public void What_is_no_prefix_is_refused(string text) => Assert.False(Cidr.TryParse(text, out _));

    [Theory]
    [InlineData("0a:00:27:FF:00:01", "0a:00:27:ff:00:01")]
    [InlineData("0a-00-27-ff-00-01", "0a:00:27:ff:00:01")]
    [InlineData("0a00.27ff.0001", "0a:00:27:ff:00:01")]
    public void Hardware_addresses_are_read_as_Go_reads_them(string text, string canonical)
    {
        Assert.True(MacAddress.TryParse(text, out var mac));
        Assert.Equal(canonical, mac.ToString());
        Assert.Equal(mac, MacAddress.FromBytes(mac.ToBytes()));
    }

    [Theory]
    [InlineData("0a:00:27:ff:00")]
    [InlineData("0a:00:27:ff:00-01")]
    [InlineData("0g:00:27:ff:00:01")]
    [InlineData("zz")]
    public void What_is_no_hardware_address_is_refused(string text) => Assert.False(MacAddress.TryParse(text, out _));

    [Fact]
    public void A_random_hardware_address_is_local_and_unicast()
    {
        for (var i = 0; i < 1000; i++)
            Assert.Equal(2, MacAddress.Random().ToBytes()[0] & 3);
    }
}
