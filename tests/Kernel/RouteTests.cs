using System.Text.Json;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Kernel;

/// <summary>Routes: added by us and judged by ip, added by ip and read by us.</summary>
public sealed class RouteTests : IDisposable
{
    private readonly Sandbox _sandbox = new();
    private readonly RouteSocket _host;
    private readonly Link _link;

    public RouteTests()
    {
        using var netns = _sandbox.OpenHost();
        _host = RouteSocket.OpenIn(netns);
        _sandbox.Ip("link add v1 type veth peer name v2");
        _sandbox.Ip("link set v1 up");
        _sandbox.Ip("link set v2 up");
        _link = _host.RequireLink("v1");
    }

    public void Dispose()
    {
        _host.Dispose();
        _sandbox.Dispose();
    }

    [Fact]
    public void A_pods_link_addresses_and_routes_are_made_in_one_send()
    {
        _sandbox.Ip("link set v1 down");
        _host.Batch()
            .AddAddress(_link, Cidr.Parse("10.1.0.2/24"))
            .AddAddress(_link, Cidr.Parse("fd00::2/64"), AddressFlags.NoDad)
            .SetUp(_link)
            .AddRoute(_link, new RouteSpec(Cidr.Parse("0.0.0.0/0")) { Gateway = IpAddress.Parse("10.1.0.1") })
            .AddRoute(_link, new RouteSpec(Cidr.Parse("::/0")) { Gateway = IpAddress.Parse("fd00::1") })
            .Commit();

        var v4 = Judge("-4 route show default");
        Assert.Equal("10.1.0.1", v4.GetProperty("gateway").GetString());
        Assert.Equal("v1", v4.GetProperty("dev").GetString());
        Assert.Equal("boot", v4.GetProperty("protocol").GetString());
        Assert.Equal("global", v4.GetProperty("scope").GetString());
        Assert.Equal("fd00::1", Judge("-6 route show default").GetProperty("gateway").GetString());
    }

    [Fact]
    public void A_batch_names_the_change_that_was_refused_and_the_socket_goes_on()
    {
        var batch = _host.Batch()
            .AddAddress(_link, Cidr.Parse("10.1.0.2/24"))
            .AddRoute(_link, new RouteSpec(Cidr.Parse("0.0.0.0/0")) { Gateway = IpAddress.Parse("10.77.0.1") })
            .AddAddress(_link, Cidr.Parse("10.1.0.2/24"), what: "again");
        var refused = Assert.Throws<NetlinkException>(batch.Commit);
        Assert.Equal("add route default via 10.77.0.1 dev v1: network is unreachable", refused.Message);
        Assert.Equal("again: file exists", Assert.Throws<NetlinkException>(
            _host.Batch().AddAddress(_link, Cidr.Parse("10.1.0.2/24"), what: "again").Commit).Message);
        Assert.Equal(["10.1.0.2/24"], _link.Addresses().Where(address => !address.Address.Address.IsV6).Select(address => $"{address.Address}"));
    }

    [Fact]
    public void Table_metric_scope_source_and_metrics_arrive()
    {
        _link.AddAddress(Cidr.Parse("10.1.0.2/24"));
        Add(new RouteSpec(Cidr.Parse("10.9.0.0/16"))
        {
            Table = 1000, Priority = 77, Scope = 253, PreferredSource = IpAddress.Parse("10.1.0.2"), Mtu = 1300, AdvMss = 1200,
        });
        var route = Judge("route show table 1000");
        Assert.Equal("10.9.0.0/16", route.GetProperty("dst").GetString());
        Assert.Equal(77, route.GetProperty("metric").GetInt32());
        Assert.Equal("link", route.GetProperty("scope").GetString());
        Assert.Equal("10.1.0.2", route.GetProperty("prefsrc").GetString());
        Assert.Equal(1300, route.GetProperty("metrics")[0].GetProperty("mtu").GetInt32());
        Assert.Equal(1200, route.GetProperty("metrics")[0].GetProperty("advmss").GetInt32());

        Add(new RouteSpec(Cidr.Parse("10.8.0.0/16")) { Table = 99, Gateway = IpAddress.Parse("10.66.0.1"), OnLink = true });
        route = Judge("route show table 99");
        Assert.Equal("10.66.0.1", route.GetProperty("gateway").GetString());
        Assert.Contains("onlink", route.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()));
    }

    [Theory]
    [InlineData("10.9.0.0/16", "add route 10.9.0.0/16 dev v1: file exists")]
    [InlineData("fd09::/64", "add route fd09::/64 dev v1: file exists")]
    public void The_very_same_route_again_is_EEXIST(string destination, string message)
    {
        var route = new RouteSpec(Cidr.Parse(destination));
        Add(route);
        var refused = Assert.Throws<NetlinkException>(() => Add(route));
        Assert.Equal((Errno.EEXIST, message), (refused.Errno, refused.Message));
    }

    [Fact]
    public void What_ip_added_is_what_we_read()
    {
        _sandbox.Ip("addr add 10.1.0.2/24 dev v1");
        _sandbox.Ip("route add 10.9.0.0/16 via 10.1.0.1 dev v1 metric 5 src 10.1.0.2");
        _sandbox.Ip("route add 10.8.0.0/16 dev v1 table 1000");
        _sandbox.Ip("route add blackhole 10.7.0.0/16");
        _sandbox.Ip("-6 route add fd09::/64 dev v1");

        var main = _host.Routes(IpFamily.V4);
        Assert.Equal(["10.1.0.0/24", "10.7.0.0/16", "10.9.0.0/16"], main.Select(route => $"{route.Destination}").Order(StringComparer.Ordinal));
        Assert.Equal(
            new RouteInfo(Cidr.Parse("10.9.0.0/16"))
            {
                Gateway = IpAddress.Parse("10.1.0.1"), LinkIndex = _link.Index, Table = 254, Protocol = 3, Type = 1, Priority = 5,
                PreferredSource = IpAddress.Parse("10.1.0.2"),
            },
            main.Single(route => route.Gateway is not null));
        Assert.Equal(
            new RouteInfo(Cidr.Parse("10.8.0.0/16")) { LinkIndex = _link.Index, Table = 1000, Protocol = 3, Type = 1, Scope = 253 },
            Assert.Single(_host.Routes(table: 1000)));
        Assert.Empty(_host.Routes(table: 4000));
        _sandbox.Ip("-6 route add unreachable ::ffff:0:0/96");
        Assert.DoesNotContain(_host.Routes(IpFamily.V6), route => !route.Destination.Address.IsV6 || route.Destination.PrefixLength == 96);
        Assert.Contains(_host.Routes(), route => $"{route.Destination}" == "fd09::/64" && route.LinkIndex == _link.Index);
        Assert.Contains(_host.Routes(IpFamily.V4, table: null), route => route.Table == 255 && $"{route.Destination}" == "10.1.0.2/32");
    }

    [Fact]
    public void A_route_with_two_next_hops_is_listed_for_each()
    {
        _sandbox.Ip("addr add 10.1.0.2/24 dev v1");
        _sandbox.Ip("route add default nexthop via 10.1.0.1 dev v1 nexthop via 10.1.0.9 dev v1");
        Assert.Equal(
            ["10.1.0.1", "10.1.0.9"],
            _host.Routes(IpFamily.V4).Where(route => route.Destination.PrefixLength == 0).Select(route => $"{route.Gateway}"));
    }

    private void Add(RouteSpec route) => _host.Batch().AddRoute(_link, route).Commit();

    private JsonElement Judge(string command) => Assert.Single(_sandbox.IpJson(command).EnumerateArray());
}
