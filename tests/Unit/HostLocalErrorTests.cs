namespace CniPlugins.Tests.Unit;

public sealed class HostLocalErrorTests : IDisposable
{
    private readonly HostLocalLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData("", "no IP ranges specified")]
    [InlineData(""" "subnet": "10.1.0.0/31" """, "invalid range set 0: Network 10.1.0.0/31 too small to allocate from")]
    [InlineData(""" "subnet": "fd00::/127" """, "invalid range set 0: Network fd00::/127 too small to allocate from")]
    [InlineData(""" "subnet": "10.1.0.7/24" """, "invalid range set 0: Network has host bits set. For a subnet mask of length 24 the network address is 10.1.0.0")]
    [InlineData(""" "subnet": "10.1.0.0/24", "rangeStart": "10.2.0.1" """, "invalid range set 0: RangeStart 10.2.0.1 not in network 10.1.0.0/24")]
    [InlineData(""" "subnet": "10.1.0.0/24", "rangeStart": "fd00::1" """, "invalid range set 0: RangeStart fd00::1 not in network 10.1.0.0/24")]
    [InlineData(""" "subnet": "10.1.0.0/24", "rangeEnd": "10.2.0.1" """, "invalid range set 0: RangeEnd 10.2.0.1 not in network 10.1.0.0/24")]
    [InlineData(""" "subnet": "10.1.0.0/24", "rangeEnd": "10.1.0.0" """, "invalid range set 0: RangeEnd 10.1.0.0 not in network 10.1.0.0/24")]
    [InlineData(""" "subnet": "10.1.0.0/24", "rangeStart": "10.1.0.50", "rangeEnd": "10.1.0.10" """, "invalid range set 0: RangeStart 10.1.0.50 not in network 10.1.0.0/24")]
    [InlineData(""" "ranges": [[]] """, "invalid range set 0: empty range set")]
    [InlineData(""" "ranges": [null] """, "invalid range set 0: empty range set")]
    [InlineData(""" "ranges": [[{}]] """, "invalid range set 0: IP <nil> not v4 nor v6")]
    [InlineData(""" "ranges": [[{"subnet": "10.1.0.0/24"}, {"subnet": "fd00::/64"}]] """, "invalid range set 0: mixed address families")]
    [InlineData(""" "ranges": [[{"subnet": "10.9.0.0/24"}], [{"subnet": "10.1.0.0/25"}, {"subnet": "10.1.0.0/24"}]] """, "invalid range set 1: subnets 10.1.0.1-10.1.0.126 and 10.1.0.1-10.1.0.254 overlap")]
    [InlineData(""" "subnet": "::ffff:10.1.0.0/120" """, "invalid range set 0: IPNet IP and Mask version mismatch")]
    [InlineData(""" "ranges": [[{"subnet": "10.1.0.0/24"}], [{"subnet": "10.1.0.0/16"}]] """, "range set 0 overlaps with 1")]
    [InlineData(""" "subnet": "x" """, "invalid CIDR address: x")]
    [InlineData(""" "subnet": "" """, "invalid CIDR address: ")]
    [InlineData(""" "subnet": "10.1.0.0/24", "gateway": "foo" """, "invalid IP address: foo")]
    [InlineData(""" "subnet": 1 """, "json: cannot unmarshal number into Go struct field .ipam.subnet of type string")]
    [InlineData(""" "subnet": "10.1.0.0/24", "resolvConf": "/none/such" """, "open /none/such: no such file or directory")]
    public void A_bad_configuration_is_refused_in_upstreams_words(string ipam, string message)
    {
        _lab.Ipam = ipam;
        Assert.Equal($"999: {message}", _lab.Call("ADD").Error);
        Assert.False(Directory.Exists(_lab.Network));
    }

    [Theory]
    [InlineData("", "IP=abc", "ARGS: error parsing value of pair \"IP=abc\": invalid IP address abc")]
    [InlineData("", "IP", "ARGS: invalid pair \"IP\"")]
    [InlineData("", "X=y", "ARGS: unknown args [\"X=y\"]")]
    [InlineData(""" "args": {"cni": {"ips": ["abc"]}}, """, "", "invalid IP address abc")]
    [InlineData(""" "args": {"cni": {"ips": [""]}}, """, "", "cannot understand ip: IP <nil> not v4 nor v6")]
    public void A_bad_wish_is_refused_in_upstreams_words(string more, string args, string message)
    {
        (_lab.More, _lab.Args) = (more, args);
        Assert.Equal($"999: {message}", _lab.Call("ADD").Error);
    }

    [Theory]
    [InlineData("0.2.0", "CNI version 0.2.0 does not support more than 1 address per family")]
    [InlineData("", "CNI version 0.1.0 does not support more than 1 address per family")]
    public void Old_versions_have_one_address_per_family(string version, string message)
    {
        _lab.Version = version;
        _lab.Ipam = """ "ranges": [[{"subnet": "10.1.0.0/24"}], [{"subnet": "10.2.0.0/24"}]] """;
        Assert.Equal($"999: {message}", _lab.Call("ADD").Error);
    }

    [Fact]
    public void A_second_add_is_refused_and_the_first_keeps_its_addresses()
    {
        _lab.Ipam = """ "ranges": [[{"subnet": "10.1.0.0/29"}], [{"subnet": "fd00::/64"}]] """;
        _lab.Add("cid");
        Assert.Equal("999: failed to allocate for range 0: 10.1.0.2 has been allocated to cid, duplicate allocation is not allowed", _lab.Call("ADD", "cid").Error);
        Assert.Equal("10.1.0.2 fd00::2", _lab.Files);
        Assert.Equal("10.1.0.3 fd00::3", _lab.Add("cid", "eth1"));
        _lab.Call("CHECK", "cid").ShouldSucceed();
    }

    [Fact]
    public void A_second_set_that_fails_takes_only_this_adds_addresses_back()
    {
        _lab.Ipam = """ "subnet": "fd00::/64" """;
        Assert.Equal("fd00::2", _lab.Add("cid"));
        _lab.Ipam = """ "ranges": [[{"subnet": "10.1.0.0/29"}], [{"subnet": "fd00::/64"}]] """;
        Assert.Equal("999: failed to allocate for range 1: fd00::2 has been allocated to cid, duplicate allocation is not allowed", _lab.Call("ADD", "cid").Error);
        Assert.Equal("fd00::2", _lab.Files);
        _lab.Call("CHECK", "cid").ShouldSucceed();
        _lab.Del("cid");
        Assert.Equal("", _lab.Files);
    }

    [Theory]
    [InlineData("10.1.0.2", "failed to allocate for range 0: requested IP address 10.1.0.2 is not available in range set 10.1.0.1-10.1.0.6", "c1/eth0 has it")]
    [InlineData("10.1.0.1", "failed to allocate for range 0: requested ip 10.1.0.1 is subnet's gateway", "")]
    [InlineData("10.9.9.9", "failed to allocate all requested IPs: 10.9.9.9", "no range set has room for them")]
    public void A_wish_that_cannot_be_fulfilled_reserves_nothing(string wish, string message, string details)
    {
        _lab.Add("c1");
        _lab.Args = $"IP={wish}";
        var answer = _lab.Call("ADD", "c2");
        Assert.Equal($"999: {message}", answer.Error);
        Assert.Equal(details, answer.Details);
        Assert.Equal("10.1.0.2", _lab.Files);
        _lab.Args = "";
        _lab.Add("c2");
    }

    [Fact]
    public void A_full_range_says_how_full_and_who_is_there_longest()
    {
        _lab.Ipam = """ "subnet": "10.1.0.0/29", "rangeEnd": "10.1.0.5" """;
        for (var i = 0; i < 4; i++)
            _lab.Add($"c{i}");
        var answer = _lab.Call("ADD", "more");
        Assert.Equal("999: failed to allocate for range 0: no IP addresses available in range set: 10.1.0.1-10.1.0.5", answer.Error);
        Assert.Equal("5 of 5 addresses used; held longest by c0/eth0 (10.1.0.2), c1/eth0 (10.1.0.3), c2/eth0 (10.1.0.4)", answer.Details);
    }

    [Fact]
    public void Without_an_ipam_section_add_fails()
    {
        _lab.More = "\"IPAM\": {}, ";
        _lab.Ipam = "";
        using var stdout = new MemoryStream();
        var host = new Cni.PluginHost(_ => new Ipam.HostLocal.HostLocalPlugin(), "version unknown");
        var environment = new Cni.CniEnvironment(new Dictionary<string, string>
        {
            ["CNI_COMMAND"] = "ADD", ["CNI_CONTAINERID"] = "c", ["CNI_IFNAME"] = "eth0", ["CNI_NETNS"] = "/none", ["CNI_PATH"] = "/x",
        });
        using var stdin = new MemoryStream("""{"cniVersion":"1.0.0","name":"n"}"""u8.ToArray());
        Assert.Equal(1, host.Run("host-local", environment, stdin, stdout, Stream.Null));
        Assert.Contains("IPAM config missing 'ipam' key", System.Text.Encoding.UTF8.GetString(stdout.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void Check_misses_in_upstreams_words()
    {
        Assert.Equal("999: host-local: Failed to find address added by container cid", _lab.Call("CHECK", "cid").Error);
        _lab.Add("cid");
        Assert.Equal("999: host-local: Failed to find address added by container cid", _lab.Call("CHECK", "cid", "eth1").Error);
        _lab.Call("CHECK", "cid").ShouldSucceed();
    }

    [Fact]
    public void A_lock_that_is_held_is_waited_for_within_bounds()
    {
        _lab.Add("c0");
        using (Linux.FileLock.Take(_lab.PathOf("lock"), 0x1e8, TimeSpan.FromSeconds(1)))
        {
            var error = Assert.Throws<TimeoutException>(() => Linux.FileLock.Take(_lab.PathOf("lock"), 0x1e8, TimeSpan.FromMilliseconds(50)));
            Assert.Equal(Cni.CniErrorCode.TryAgainLater, Cni.CniException.From(error).Code);
        }
    }

    [Fact]
    public void A_symbolic_link_in_place_of_lock_is_not_followed()
    {
        Directory.CreateDirectory(_lab.Network);
        File.CreateSymbolicLink(_lab.PathOf("lock"), Path.Combine(_lab.DataDir, "elsewhere"));
        Assert.Equal($"999: open {_lab.PathOf("lock")}: too many levels of symbolic links", _lab.Call("ADD").Error);
        Assert.False(File.Exists(Path.Combine(_lab.DataDir, "elsewhere")));
    }
}
