using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Unit;

/// <summary>What a reply may look like, and what it may not.</summary>
public sealed class AttributeReaderTests
{
    [Fact]
    public void The_flag_bits_are_no_part_of_the_type()
    {
        var types = new List<IFLA>();
        foreach (var attribute in new AttributeReader<IFLA>(Wire.Parse("04 00 12 80  08 00 04 40 dc 05 00 00")))
            types.Add(attribute.Type);
        Assert.Equal([IFLA.LINKINFO, IFLA.MTU], types);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("00 00 00", 0)] // less than a header is padding
    [InlineData("05 00 03 00 61", 1)] // the last attribute may come without its padding
    [InlineData("05 00 03 00 61 00 00 00 00", 1)]
    public void Trailing_bytes_that_make_no_attribute_are_let_be(string bytes, int attributes)
    {
        var count = 0;
        foreach (var _ in new AttributeReader<IFLA>(Wire.Parse(bytes)))
            count++;
        Assert.Equal(attributes, count);
    }

    [Theory]
    [InlineData("08 00 04 00 dc 05")] // longer than what is there
    [InlineData("03 00 04 00")] // shorter than its own header
    [InlineData("00 00 00 00")]
    [InlineData("05 00 03 00 61 00 00 00 ff ff 01 00")]
    public void A_length_that_lies_is_an_error(string bytes)
    {
        var exception = Assert.Throws<NetlinkException>(() =>
        {
            foreach (var _ in new AttributeReader<IFLA>(Wire.Parse(bytes)))
            {
            }
        });
        Assert.Equal(Errno.EBADMSG, exception.Errno);
    }

    [Fact]
    public void A_wrong_width_names_the_attribute()
    {
        var exception = Assert.Throws<NetlinkException>(() =>
        {
            foreach (var attribute in new AttributeReader<IFLA>(Wire.Parse("07 00 04 00 dc 05 00 00")))
                _ = attribute.UInt32;
        });
        Assert.Equal("read IFLA_MTU: 3 bytes instead of 4: bad message", exception.Message);
    }

    [Fact]
    public void Every_prefix_of_a_reply_is_read_or_refused_but_never_overrun()
    {
        var whole = Wire.Parse("44 00 12 80 09 00 01 00 76 65 74 68 00 00 00 00 34 00 02 80 30 00 01 80 01 02 03 04 05 06 07 08");
        for (var length = 0; length <= whole.Length; length++)
        {
            for (var first = 0; first < 256; first += 5)
            {
                var bytes = whole[..length];
                if (length > 0)
                    bytes[0] = (byte)first;
                try
                {
                    foreach (var attribute in new AttributeReader<IFLA>(bytes))
                    {
                        foreach (var inner in attribute.Nested<IFLA_INFO>())
                            _ = inner.String;
                    }
                }
                catch (NetlinkException)
                {
                    // Refused, by name: as good as read.
                }
            }
        }
    }
}
