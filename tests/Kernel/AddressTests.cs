using System.Text.Json;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Kernel;

/// <summary>Addresses: added by us and judged by ip, added by ip and read by us.</summary>
public sealed class AddressTests : IDisposable
{
    private readonly Sandbox _sandbox = new();
    private readonly RouteSocket _host;
    private readonly Link _link;

    public AddressTests()
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
    public void An_IPv4_address_has_its_broadcast_address_when_the_subnet_has_one()
    {
        _link.AddAddress(Cidr.Parse("10.1.0.2/24"));
        _link.AddAddress(Cidr.Parse("10.2.0.2/31"));
        var wide = Judge("10.1.0.2");
        Assert.Equal(24, wide.GetProperty("prefixlen").GetInt32());
        Assert.Equal("10.1.0.255", wide.GetProperty("broadcast").GetString());
        Assert.Equal("global", wide.GetProperty("scope").GetString());
        Assert.False(Judge("10.2.0.2").TryGetProperty("broadcast", out _));
    }

    [Fact]
    public void An_IPv6_address_with_nodad_is_usable_at_once()
    {
        _link.AddAddress(Cidr.Parse("fd00::2/64"), AddressFlags.NoDad);
        var judged = Judge("fd00::2");
        Assert.False(judged.TryGetProperty("tentative", out _));
        Assert.True(judged.GetProperty("nodad").GetBoolean());

        _link.AddAddress(Cidr.Parse("fd00::3/64"));
        var addresses = _link.Addresses().ToDictionary(address => address.Address.ToString());
        Assert.False(addresses["fd00::2/64"].IsTentative);
        Assert.True(addresses["fd00::3/64"].IsTentative);
        Assert.False(addresses["fd00::3/64"].IsDadFailed);
    }

    [Fact]
    public void An_address_without_a_prefix_route_brings_none()
    {
        _link.AddAddress(Cidr.Parse("10.1.0.2/24"), AddressFlags.NoPrefixRoute);
        Assert.True(Judge("10.1.0.2").GetProperty("noprefixroute").GetBoolean());
        Assert.Empty(_sandbox.Ip("-4 route show"));
    }

    [Fact]
    public void The_same_address_again_is_EEXIST_and_says_which()
    {
        _link.AddAddress(Cidr.Parse("10.1.0.2/24"));
        var refused = Assert.Throws<NetlinkException>(() => _link.AddAddress(Cidr.Parse("10.1.0.2/24")));
        Assert.Equal(Errno.EEXIST, refused.Errno);
        Assert.Equal("add address 10.1.0.2/24 to v1: file exists", refused.Message);
    }

    [Fact]
    public void Only_this_links_addresses_are_listed()
    {
        _sandbox.Ip("addr add 10.1.0.2/24 dev v1");
        _sandbox.Ip("addr add 10.1.0.3/24 dev v1");
        _sandbox.Ip("addr add 10.9.0.1 peer 10.9.0.2/32 dev v1");
        _sandbox.Ip("addr add fd00::2/64 dev v1 nodad");
        _sandbox.Ip("addr add 10.5.0.2/24 dev v2");
        Assert.Equal(
            ["10.1.0.2/24", "10.1.0.3/24", "10.9.0.1/32", "fd00::2/64"],
            _link.Addresses().Where(address => address.Scope == 0).Select(address => address.Address.ToString()).Order(StringComparer.Ordinal));
        Assert.Contains(_link.Addresses(), address => address.Scope == 253 && address.Address.Address.IsV6);
        Assert.Equal(["127.0.0.1/8", "::1/128"], _host.RequireLink("lo").Addresses().Select(address => address.Address.ToString()));
        Assert.True(_link.Addresses().Single(address => $"{address.Address}" == "10.1.0.3/24").Flags.HasFlag(AddressFlags.Secondary));
    }

    [Fact]
    public void Thousands_of_addresses_are_listed_once_each()
    {
        const int Count = 2000;
        var batch = _host.Batch();
        for (var i = 0; i < Count; i++)
        {
            batch.AddAddress(_link, new Cidr(IpAddress.Parse("10.20.0.1").Plus((UInt128)i), 16));
            batch.AddAddress(_link, new Cidr(IpAddress.Parse("fd00:20::1").Plus((UInt128)i), 64), AddressFlags.NoDad | AddressFlags.NoPrefixRoute);
        }

        batch.Commit();
        var addresses = _link.Addresses().Where(address => address.Scope == 0).Select(address => address.Address).ToList();
        Assert.Equal(2 * Count, addresses.Count);
        Assert.Equal(2 * Count, addresses.Distinct().Count());
    }

    [Fact]
    public void An_address_is_deleted_once()
    {
        _sandbox.Ip("addr add 10.1.0.2/24 dev v1");
        _sandbox.Ip("addr add fd00::2/64 dev v1");
        Assert.True(_link.DeleteAddress(Cidr.Parse("10.1.0.2/24")));
        Assert.False(_link.DeleteAddress(Cidr.Parse("10.1.0.2/24")));
        Assert.True(_link.DeleteAddress(Cidr.Parse("fd00::2/64")));
        Assert.False(_link.DeleteAddress(Cidr.Parse("fd00::2/64")));
        Assert.DoesNotContain("10.1.0.2", _sandbox.Ip("addr show"), StringComparison.Ordinal);

        _sandbox.Ip("link del v1");
        Assert.Empty(_link.Addresses());
        Assert.False(_link.DeleteAddress(Cidr.Parse("fd00::9/64")));
    }

    private JsonElement Judge(string address) =>
        _sandbox.IpJson("addr show v1")[0].GetProperty("addr_info").EnumerateArray()
            .Single(info => info.GetProperty("local").GetString() == address);
}
