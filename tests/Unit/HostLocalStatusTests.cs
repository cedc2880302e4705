namespace CniPlugins.Tests.Unit;

public sealed class HostLocalStatusTests : IDisposable
{
    private readonly HostLocalLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Status_changes_nothing()
    {
        _lab.Call("STATUS").ShouldSucceed();
        Assert.Empty(Directory.GetFileSystemEntries(_lab.DataDir));
    }

    [Fact]
    public void A_full_set_fails_only_on_request_and_recovers()
    {
        for (var i = 0; i < 5; i++)
            _lab.Add($"c{i}");
        _lab.Call("STATUS").ShouldSucceed();
        _lab.Ipam += ", \"statusWhenFull\": true";
        Assert.Equal("50: range set 0 (10.1.0.1-10.1.0.6): 6 of 6 addresses used", _lab.Call("STATUS").Error);
        _lab.Del("c1");
        _lab.Call("STATUS").ShouldSucceed();
        _lab.Plant("10.1.0.3", "theirs\r\neth0");
        Assert.Equal("50: range set 0 (10.1.0.1-10.1.0.6): 6 of 6 addresses used", _lab.Call("STATUS").Error);
        _lab.Call("CHECK", "c2").ShouldSucceed();
        _lab.OfAnotherBoot("c2");
        _lab.Call("STATUS").ShouldSucceed();
    }

    [Theory]
    [InlineData("fd00::/64")]
    [InlineData("::/0")]
    [InlineData("0.0.0.0/0")]
    public void Large_subnets_do_not_overflow(string subnet)
    {
        _lab.Ipam = $"\"subnet\": \"{subnet}\", \"statusWhenFull\": true";
        _lab.Add();
        _lab.Call("STATUS").ShouldSucceed();
        _lab.Ipam = """ "ranges": [[{"subnet": "::/0", "rangeStart": "::", "rangeEnd": "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}]], "statusWhenFull": true """;
        _lab.Call("STATUS").ShouldSucceed();
    }

    [Fact]
    public void Unusable_state_is_code_50()
    {
        File.WriteAllText(_lab.Network, "");
        Assert.Equal($"50: host-local cannot reserve addresses: {_lab.Network} is not a directory", _lab.Call("STATUS").Error);
        File.Delete(_lab.Network);
        Directory.CreateDirectory(_lab.PathOf("lock"));
        Assert.Equal($"50: host-local cannot reserve addresses: {_lab.PathOf("lock")} is not a regular file", _lab.Call("STATUS").Error);
        Directory.Delete(_lab.PathOf("lock"));
        File.WriteAllText(Path.Combine(_lab.DataDir, ".index"), "");
        Assert.Equal($"50: host-local cannot reserve addresses: {Path.Combine(_lab.DataDir, ".index")} is not a directory", _lab.Call("STATUS").Error);
    }

    [Theory]
    [InlineData("\"subnet\": \"10.0.0.0/24\", \"rangeStart\": \"10.0.0.255\"", "10.0.0.255-10.0.0.254")]
    [InlineData("\"subnet\": \"10.0.0.0/24\", \"rangeStart\": \"10.0.0.1\", \"rangeEnd\": \"10.0.0.1\"", "10.0.0.1-10.0.0.1")]
    [InlineData("\"subnet\": \"fd00::/64\", \"rangeStart\": \"fd00::1\", \"rangeEnd\": \"fd00::1\"", "fd00::1-fd00::1")]
    public void A_range_without_a_usable_address_is_named_by_STATUS_and_ADD(string ipam, string range)
    {
        _lab.Ipam = ipam;
        foreach (var verb in new[] { "STATUS", "ADD" })
            Assert.Equal($"999: invalid range set 0: no address of {range} can be handed out", _lab.Call(verb).Error);
    }

    [Fact]
    public void A_range_without_an_address_beside_one_that_has_some_counts_for_nothing()
    {
        _lab.Ipam = """ "ranges": [[{"subnet": "10.0.0.0/24", "rangeStart": "10.0.0.255"}, {"subnet": "10.1.0.0/29"}]], "statusWhenFull": true """;
        foreach (var expected in new[] { "10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5", "10.1.0.6" })
        {
            _lab.Call("STATUS").ShouldSucceed();
            Assert.Equal(expected, _lab.Add(expected));
        }

        Assert.EndsWith(": 6 of 6 addresses used", _lab.Call("STATUS").Error, StringComparison.Ordinal);
        Assert.Contains("no IP addresses available in range set", _lab.Call("ADD", "more").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_configuration_is_an_ordinary_error()
    {
        _lab.Ipam = "";
        Assert.Equal("999: no IP ranges specified", _lab.Call("STATUS").Error);
    }
}
