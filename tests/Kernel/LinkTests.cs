using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Kernel;

/// <summary>Links: made by us and judged by ip, made by ip and read by us.</summary>
public sealed class LinkTests : IDisposable
{
    private readonly Sandbox _sandbox = new();
    private readonly Netns _hostNetns;
    private readonly RouteSocket _host;

    public LinkTests()
    {
        _hostNetns = _sandbox.OpenHost();
        _host = RouteSocket.OpenIn(_hostNetns);
    }

    public void Dispose()
    {
        _host.Dispose();
        _hostNetns.Dispose();
        _sandbox.Dispose();
    }

    [Fact]
    public void A_veth_is_born_in_both_namespaces_at_once()
    {
        var pod = _sandbox.AddPod();
        using var podNetns = Netns.Open(pod);
        var bridge = _host.Create(new BridgeSpec("br0") { Up = true });
        var veth = _host.Create(new VethSpec("veth0", "eth0")
        {
            PeerNetns = podNetns,
            Mtu = 1400,
            PeerMac = Mac("02:00:00:00:00:2a"),
            TxQueueLength = 0,
            MasterIndex = bridge.Index,
            Up = true,
        });

        var outer = _sandbox.IpJson("link show veth0")[0];
        Assert.Equal("br0", outer.GetProperty("master").GetString());
        Assert.Equal(1400, outer.GetProperty("mtu").GetInt32());
        Assert.False(outer.TryGetProperty("txqlen", out var length) && length.GetInt32() != 0);
        Assert.Contains("UP", outer.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()));
        Assert.Equal("veth", outer.GetProperty("linkinfo").GetProperty("info_kind").GetString());

        var inner = Sandbox.PodIpJson(pod, "link show eth0")[0];
        Assert.Equal("02:00:00:00:00:2a", inner.GetProperty("address").GetString());
        Assert.Equal(1400, inner.GetProperty("mtu").GetInt32());
        Assert.Equal(1000, inner.GetProperty("txqlen").GetInt32());
        Assert.Equal("DOWN", inner.GetProperty("operstate").GetString());

        Assert.Equal(
            ("veth0", "veth", 1400, bridge.Index, true), (veth.Name, veth.Kind, veth.Mtu, veth.MasterIndex, veth.IsUp));
        Assert.Equal(inner.GetProperty("ifindex").GetInt32(), veth.PeerIndex);
        Assert.Equal(outer.GetProperty("address").GetString(), veth.Mac.ToString());
        Assert.Equal(outer.GetProperty("link_netnsid").GetInt32(), veth.PeerNetnsId);
        Assert.Equal(0u, veth.TxQueueLength);

        using var inside = RouteSocket.OpenIn(podNetns);
        inside.RequireLink("eth0").SetUp();
        Assert.Equal("UP", _sandbox.IpJson("link show veth0")[0].GetProperty("operstate").GetString());
        Assert.Equal(OperState.Up, inside.RequireLink("eth0").OperState);
        Assert.Equal("up", veth.Refresh()!.OperState.Describe());
    }

    [Fact]
    public void A_taken_name_is_EEXIST_and_leaves_nothing()
    {
        _host.Create(new VethSpec("a0", "b0"));
        var refused = Assert.Throws<NetlinkException>(() => _host.Create(new VethSpec("c0", "b0")));
        Assert.Equal("create veth c0: file exists", refused.Message);
        Assert.Equal(Errno.EEXIST, refused.Errno);
        Assert.Null(_host.FindLink("c0"));
    }

    [Fact]
    public void A_missing_link_is_null_and_a_required_one_upstreams_error()
    {
        Assert.Null(_host.FindLink("nope"));
        Assert.Null(_host.FindLink(""));
        Assert.Null(_host.FindLink("a-name-of-sixteen"));
        Assert.Null(_host.FindLink(99999));
        Assert.Null(_host.FindLink(0));
        Assert.Equal(
            "failed to lookup \"nope\": Link not found", Assert.Throws<LinkNotFoundException>(() => _host.RequireLink("nope")).Message);
    }

    [Fact]
    public void Deleting_twice_is_no_error()
    {
        var link = _host.Create(new VethSpec("a0", "b0"));
        Assert.True(link.Delete());
        Assert.False(link.Delete());
        Assert.Null(link.Refresh());
        Assert.DoesNotContain("b0", _sandbox.Ip("link show"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_ip_made_is_what_we_read()
    {
        _sandbox.Ip("link add br7 mtu 1300 type bridge");
        _sandbox.Ip("link add v1 mtu 1300 address 02:00:00:00:00:01 type veth peer name v2");
        _sandbox.Ip("link set v1 alias some-words");
        _sandbox.Ip("link set v1 master br7");
        _sandbox.Ip("link set v1 type bridge_slave hairpin on isolated on");
        _sandbox.Ip("link set br7 promisc on");
        _sandbox.Ip("link set br7 up");

        var bridge = _host.RequireLink("br7");
        Assert.Equal(("bridge", 1300, true, true), (bridge.Kind, bridge.Mtu, bridge.IsPromiscuous, bridge.IsUp));
        Assert.False(bridge.VlanFiltering);
        Assert.Null(bridge.Port);

        var port = _host.RequireLink("v1");
        Assert.Equal(Mac("02:00:00:00:00:01"), port.Mac);
        Assert.Equal("some-words", port.Alias);
        Assert.Equal(bridge.Index, port.MasterIndex);
        Assert.Equal(new BridgePort(Hairpin: true, Isolated: true), port.Port);
        Assert.Equal(_host.RequireLink("v2").Index, port.PeerIndex);
        Assert.Null(port.PeerNetnsId);
        Assert.Null(port.VlanFiltering);
        Assert.False(port.IsUp);

        Assert.True(_host.RequireLink("lo").IsLoopback);
        Assert.Equal(["br7", "lo", "v1", "v2"], _host.Links().Select(link => link.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void IPv4_settings_are_those_of_proc()
    {
        var link = _host.Create(new VethSpec("v1", "v2"));
        Assert.False(link.RoutesLocalnet);
        link.Configure(new LinkChange { AcceptRedirects = false, ArpNotify = true, RouteLocalnet = true });
        Assert.Equal("0", Setting("net/ipv4/conf/v1/accept_redirects"));
        Assert.Equal("1", Setting("net/ipv4/conf/v1/arp_notify"));
        Assert.Equal("1", Setting("net/ipv4/conf/v1/route_localnet"));
        Assert.Equal("1", Setting("net/ipv4/conf/v2/accept_redirects"));
        Assert.True(link.Refresh()!.RoutesLocalnet);

        link.Configure(new LinkChange { ArpNotify = false });
        Assert.Equal("0", Setting("net/ipv4/conf/v1/arp_notify"));
        Assert.Equal("1", Setting("net/ipv4/conf/v1/route_localnet"));
    }

    [Theory]
    [InlineData(false, "net.ipv4.ip_forward")]
    [InlineData(true, "net.ipv6.conf.all.forwarding")]
    public void Whether_a_namespace_forwards_is_what_sysctl_says(bool isV6, string setting)
    {
        foreach (var on in new[] { true, false })
        {
            _sandbox.InHost("sysctl", "-qw", $"{setting}={(on ? 1 : 0)}");
            Assert.Equal(on, _host.FindNetConf(isV6 ? IpFamily.V6 : IpFamily.V4)?.Forwarding);
        }
    }

    [Fact]
    public void A_veth_has_as_many_queues_as_it_was_given()
    {
        _host.Create(new VethSpec("v1", "v2") { Queues = 3 });
        foreach (var end in new[] { "v1", "v2" })
        {
            var judged = _sandbox.IpJson($"link show {end}")[0];
            Assert.Equal(3, judged.GetProperty("num_tx_queues").GetInt32());
            Assert.Equal(3, judged.GetProperty("num_rx_queues").GetInt32());
        }
    }

    [Fact]
    public void A_port_is_configured_in_one_message()
    {
        var bridge = _host.Create(new BridgeSpec("br0") { Mtu = 1450, Mac = Mac("02:00:00:00:00:0b") });

        // Until somebody sets it later, a bridge's MTU follows its ports; the one it was created with does not count.
        var port = _host.Create(new VethSpec("v1", "v2") { MasterIndex = bridge.Index, Mtu = 1450 });
        port.Configure(new LinkChange { Port = new BridgePort(Hairpin: true, Isolated: true), Alias = "pod 1", AcceptRedirects = false });

        var judged = _sandbox.IpJson("link show v1")[0];
        Assert.Equal("pod 1", judged.GetProperty("ifalias").GetString());
        var data = judged.GetProperty("linkinfo").GetProperty("info_slave_data");
        Assert.True(data.GetProperty("hairpin").GetBoolean());
        Assert.True(data.GetProperty("isolated").GetBoolean());
        Assert.Equal("0", Setting("net/ipv4/conf/v1/accept_redirects"));

        port.Configure(new LinkChange { Port = new BridgePort(Hairpin: false, Isolated: false) });
        judged = _sandbox.IpJson("link show v1")[0];
        Assert.Equal("pod 1", judged.GetProperty("ifalias").GetString());
        Assert.False(judged.GetProperty("linkinfo").GetProperty("info_slave_data").GetProperty("hairpin").GetBoolean());

        var judgedBridge = _sandbox.IpJson("link show br0")[0];
        Assert.Equal(1450, judgedBridge.GetProperty("mtu").GetInt32());
        Assert.Equal("02:00:00:00:00:0b", judgedBridge.GetProperty("address").GetString());
    }

    [Fact]
    public void A_link_takes_what_it_is_set_to()
    {
        var link = _host.Create(new VethSpec("v1", "v2"));
        link.SetMac(Mac("02:00:00:00:00:07"));
        link.SetPromiscuous(true);
        link.SetAlias("first");
        link.SetUp();

        var judged = _sandbox.IpJson("link show v1")[0];
        Assert.Equal("02:00:00:00:00:07", judged.GetProperty("address").GetString());
        Assert.Equal("first", judged.GetProperty("ifalias").GetString());
        Assert.Contains("PROMISC", judged.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()));

        link.SetPromiscuous(false);
        link.SetAlias("");
        judged = _sandbox.IpJson("link show v1")[0];
        Assert.False(judged.TryGetProperty("ifalias", out _));
        Assert.DoesNotContain("PROMISC", judged.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()));
        Assert.Contains("UP", judged.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()));
    }

    [Fact]
    public void A_refusal_brings_the_kernels_own_words_along()
    {
        var refused = Assert.Throws<NetlinkException>(() => _host.Create(new BridgeSpec("br0") { Mtu = 70000 }));
        Assert.Equal("create bridge br0: invalid argument", refused.Message);
        Assert.Equal("mtu greater than device maximum", refused.ExtAck);
    }

    [Fact]
    public void A_thousand_links_are_all_listed()
    {
        const int Pairs = 500;
        for (var i = 0; i < Pairs; i++)
            _host.Create(new VethSpec($"a{i}", $"b{i}"));
        Assert.Equal((2 * Pairs) + 1, _host.Links().Select(link => link.Name).Distinct().Count());
    }

    private string Setting(string name) => _sandbox.InHost("cat", $"/proc/sys/{name}").Trim();

    private static MacAddress Mac(string text) => MacAddress.TryParse(text, out var mac) ? mac : throw new FormatException(text);
}
