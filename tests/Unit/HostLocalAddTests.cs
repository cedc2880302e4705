using System.Text;

namespace CniPlugins.Tests.Unit;

public sealed class HostLocalAddTests : IDisposable
{
    private readonly HostLocalLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void The_result_is_upstreams_with_mask_gateway_and_routes_as_configured()
    {
        _lab.Version = "1.0.0";
        _lab.Ipam = """
            "ranges": [[{"subnet": "10.1.0.0/24"}], [{"subnet": "fd00::/64"}]],
            "routes": [{"dst": "0.0.0.0/0"}, {"dst": "10.0.0.0/8", "gw": "10.1.0.3", "mtu": 1400, "table": 100}]
            """;
        Assert.Equal(
            """{"cniVersion":"1.0.0","ips":[{"address":"10.1.0.2/24","gateway":"10.1.0.1"},{"address":"fd00::2/64","gateway":"fd00::1"}],"routes":[{"dst":"0.0.0.0/0"},{"dst":"10.0.0.0/8","gw":"10.1.0.3","mtu":1400,"table":100}]}""",
            _lab.Call("ADD").Output.Replace("\n", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Files_are_byte_for_byte_upstreams()
    {
        _lab.Ipam = """ "ranges": [[{"subnet": "10.1.0.0/24"}], [{"subnet": "fd00::/64"}]] """;
        _lab.Add("cid1");
        Assert.Equal("63696431 0d0a 65746830".Replace(" ", "", StringComparison.Ordinal), Convert.ToHexStringLower(File.ReadAllBytes(_lab.PathOf("10.1.0.2"))));
        Assert.Equal("636964310d0a65746830", Convert.ToHexStringLower(File.ReadAllBytes(_lab.PathOf("fd00::2"))));
        Assert.Equal("10.1.0.2", Encoding.ASCII.GetString(File.ReadAllBytes(_lab.PathOf("last_reserved_ip.0"))));
        Assert.Equal("fd00::2", Encoding.ASCII.GetString(File.ReadAllBytes(_lab.PathOf("last_reserved_ip.1"))));
        Assert.Equal(
            ["10.1.0.2", "fd00::2", "last_reserved_ip.0", "last_reserved_ip.1", "lock"],
            Directory.GetFileSystemEntries(_lab.Network).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("600 600 750 700 755", string.Join(' ', new[] { _lab.PathOf("10.1.0.2"), _lab.PathOf("last_reserved_ip.0"), _lab.PathOf("lock"), _lab.Index, _lab.Network }
            .Select(path => Support.Tool.Run("stat", "-c", "%a", path).Trim())));
        Assert.Equal(0, new FileInfo(_lab.PathOf("lock")).Length);
        Assert.Equal("1", Support.Tool.Run("stat", "-c", "%h", _lab.PathOf("10.1.0.2")).Trim());
    }

    [Fact]
    public void A_shorter_last_address_replaces_a_longer_one_completely()
    {
        _lab.Ipam = """ "subnet": "10.1.0.0/24" """;
        _lab.Plant("last_reserved_ip.0", "10.1.0.254");
        Assert.Equal("10.1.0.2", _lab.Add());
        Assert.Equal("10.1.0.2", File.ReadAllText(_lab.PathOf("last_reserved_ip.0")));
    }

    [Fact]
    public void Addresses_go_round_past_the_gateway_and_the_last_one_comes_last()
    {
        Assert.Equal("10.1.0.2 10.1.0.3 10.1.0.4 10.1.0.5 10.1.0.6", string.Join(' ', Enumerable.Range(0, 5).Select(i => _lab.Add($"c{i}"))));
        _lab.Del("c0");
        _lab.Del("c4");
        Assert.Equal("10.1.0.2", _lab.Add("d0"));
        Assert.Equal("10.1.0.6", _lab.Add("d1"));
        _lab.Del("d1");
        Assert.Equal("10.1.0.6", _lab.Add("d2"));
    }

    [Theory]
    [InlineData("10.1.0.5", "10.1.0.3")]
    [InlineData("10.1.0.4", "10.1.0.4")]
    [InlineData("10.1.0.2", "10.1.0.6")]
    public void A_search_that_begins_in_the_middle_goes_all_the_way_round(string last, string free)
    {
        for (var i = 2; i <= 6; i++)
            _lab.Add($"c10.1.0.{i}");
        _lab.Del($"c{free}");
        File.WriteAllText(_lab.PathOf("last_reserved_ip.0"), last);
        Assert.Equal(free, _lab.Add("next"));
        Assert.NotEqual(0, _lab.Call("ADD", "more").ExitCode);
    }

    [Fact]
    public void A_released_address_is_not_preferred()
    {
        _lab.Add("c1");
        _lab.Del("c1");
        Assert.Equal("10.1.0.3", _lab.Add("c2"));
    }

    [Theory]
    [InlineData("""[{"subnet":"10.1.0.0/29","rangeStart":"10.1.0.5"},{"subnet":"10.2.0.0/30","gateway":"10.2.0.2"}]""", "", "10.1.0.5 10.1.0.6 10.2.0.1")]
    [InlineData("""[{"subnet":"10.1.0.0/29","rangeStart":"10.1.0.5"},{"subnet":"10.2.0.0/30","gateway":"10.2.0.2"}]""", "10.1.0.6", "10.2.0.1 10.1.0.5 10.1.0.6")]
    [InlineData("""[{"subnet":"10.1.0.0/29","rangeStart":"10.1.0.5"},{"subnet":"10.2.0.0/30","gateway":"10.2.0.2"}]""", "10.2.0.2", "10.1.0.5 10.1.0.6 10.2.0.1")]
    [InlineData("""[{"subnet":"10.1.0.0/29","rangeStart":"10.1.0.4"}]""", "10.9.9.9", "10.1.0.4 10.1.0.5 10.1.0.6")]
    [InlineData("""[{"subnet":"10.1.0.0/29","rangeStart":"10.1.0.4"}]""", "not an address", "10.1.0.4 10.1.0.5 10.1.0.6")]
    [InlineData("""[{"subnet":"10.1.0.0/29","rangeStart":"10.1.0.3","rangeEnd":"10.1.0.5","gateway":"10.1.0.4"}]""", "10.1.0.3", "10.1.0.5 10.1.0.3")]
    [InlineData("""[{"subnet":"10.1.0.0/29","rangeStart":"10.1.0.5","rangeEnd":"10.1.0.5"}]""", "", "10.1.0.5")]
    [InlineData("""[{"subnet":"fd00::/126"}]""", "", "fd00::2 fd00::3")]
    [InlineData("""[{"subnet":"10.0.128.0/17","rangeStart":"10.0.255.254","rangeEnd":"10.0.255.255"},{"subnet":"10.1.0.0/30"}]""", "", "10.0.255.254 10.0.255.255 10.1.0.2")]
    public void Every_address_of_a_set_is_handed_out_once_in_order(string set, string last, string expected)
    {
        _lab.Ipam = $"\"ranges\": [{set}]";
        if (last.Length > 0)
            _lab.Plant("last_reserved_ip.0", last);
        var count = expected.Split(' ').Length;
        Assert.Equal(expected, string.Join(' ', Enumerable.Range(0, count).Select(i => _lab.Add($"c{i}"))));
        Assert.StartsWith("999: failed to allocate for range 0: no IP addresses available in range set: ", _lab.Call("ADD", "more").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Range_sets_come_from_the_runtime_then_subnet_then_ranges()
    {
        _lab.More = """ "runtimeConfig": {"ipRanges": [[{"subnet": "10.9.0.0/24"}]]}, """;
        _lab.Ipam = """ "subnet": "10.1.0.0/24", "ranges": [[{"subnet": "10.2.0.0/24"}]] """;
        Assert.Equal("10.9.0.2 10.1.0.2 10.2.0.2", _lab.Add());
    }

    [Theory]
    [InlineData("", "IP=10.1.0.9", "10.1.0.9")]
    [InlineData("", "IgnoreUnknown=1;K8S=x;IP=10.1.0.9/16", "10.1.0.9")]
    [InlineData("", "IP=", "10.1.0.2")]
    [InlineData(""" "args": {"cni": {"ips": ["10.1.0.20"]}}, """, "", "10.1.0.20")]
    [InlineData(""" "runtimeConfig": {"ips": ["10.1.0.21/24"]}, """, "", "10.1.0.21")]
    [InlineData(""" "args": {"cni": {"ips": ["10.1.0.20", "10.1.0.20/24"]}}, """, "IP=10.1.0.20", "10.1.0.20")]
    public void A_requested_address_is_given(string more, string args, string expected)
    {
        _lab.Ipam = """ "subnet": "10.1.0.0/24" """;
        (_lab.More, _lab.Args) = (more, args);
        Assert.Equal(expected, _lab.Add());
    }

    [Fact]
    public void A_requested_address_is_where_the_next_search_begins()
    {
        _lab.Ipam = """ "subnet": "10.1.0.0/24" """;
        _lab.Args = "IP=10.1.0.100";
        _lab.Add("c1");
        _lab.Args = "";
        Assert.Equal("10.1.0.101", _lab.Add("c2"));
    }

    [Fact]
    public void An_old_configuration_gets_an_old_result()
    {
        _lab.Version = "0.2.0";
        Assert.Equal("10.1.0.2/29", _lab.Call("ADD").Json.GetProperty("ip4").GetProperty("ip").GetString());
    }

    [Fact]
    public void Resolv_conf_becomes_dns()
    {
        var file = Path.Combine(_lab.DataDir, "resolv.conf");
        File.WriteAllText(file, "# comment\n; other\nnameserver 1.1.1.1\n nameserver\t9.9.9.9 junk\nnameserver\ndomain a\ndomain b\nsearch x y\nsearch z\noptions ndots:5 edns0\nsortlist 1\n");
        _lab.Ipam += $", \"resolvConf\": \"{file}\"";
        Assert.Equal(
            """{"domain":"b","nameservers":["1.1.1.1","9.9.9.9"],"options":["ndots:5","edns0"],"search":["x","y","z"]}""",
            System.Text.Json.JsonSerializer.Serialize(_lab.Call("ADD").Json.GetProperty("dns")));
    }

    [Fact]
    public void Parallel_adds_never_share_an_address()
    {
        _lab.Ipam = """ "subnet": "10.1.0.0/22" """;
        var given = new System.Collections.Concurrent.ConcurrentBag<string>();
        var threads = Enumerable.Range(0, 8).Select(t => new Thread(() =>
        {
            for (var i = 0; i < 25; i++)
            {
                given.Add(_lab.Add($"t{t}x{i}"));
                if (i % 5 == 0)
                    _lab.Call("CHECK", $"t{t}x{i}").ShouldSucceed();
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Equal(200, given.Distinct().Count());
        Assert.Equal(200, _lab.Files.Split(' ').Length);
    }
}
