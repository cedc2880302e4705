using System.Text.Json;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>Addresses, gateways and routes of a bridged pod, judged by ip and ping.</summary>
public sealed class BridgeAddressTests
{
    [Fact]
    public void Pods_reach_each_other_and_their_gateway_over_both_families_as_soon_as_they_are_added()
    {
        using var host = new Sandbox();
        var (one, two) = (host.AddPod(), host.AddPod());
        var cni = new CniCall(host);
        cni.Add(Conf.Typical(host), "c1", one);
        cni.Add(Conf.Typical(host), "c2", two);
        foreach (var (pod, target) in new[] { (two, "fd00:1::2"), (two, "10.1.0.2"), (one, "fd00:1::1"), (one, "10.1.0.1"), (one, "fd00:1::3") })
        {
            var ping = Sandbox.TryInPod(pod, "ping", "-c1", "-W1", target);
            Assert.True(ping.ExitCode == 0, $"{target}: {ping.Output}");
        }
    }

    [Fact]
    public void No_address_of_the_pod_or_the_gateway_is_tentative_after_ADD()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        new CniCall(host).Add(Conf.Typical(host), "c1", pod);
        Assert.Empty(Sandbox.PodIpJson(pod, "addr show dev eth0 tentative").EnumerateArray().SelectMany(Addresses));
        Assert.DoesNotContain("fd00:1::1", host.IpJson("addr show dev br0 tentative").EnumerateArray().SelectMany(Addresses));
    }

    [Fact]
    public void Duplicate_address_detection_can_be_asked_for_and_ADD_waits_for_it()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        new CniCall(host).Add(Conf.Bridge($"\"enabledad\":true,{Conf.HostLocal(host, "[]", "fd00:1::/64")}"), "c1", pod);
        Assert.Equal("1", Tool.Run("nsenter", $"--net={pod}", "cat", "/proc/sys/net/ipv6/conf/eth0/accept_dad").Trim());
        var address = Sandbox.PodIpJson(pod, "addr show dev eth0")[0].GetProperty("addr_info").EnumerateArray()
            .Single(each => each.GetProperty("local").GetString() == "fd00:1::2");
        Assert.False(address.TryGetProperty("tentative", out _));
        Assert.False(address.TryGetProperty("nodad", out _));
    }

    [Fact]
    public void With_detection_an_address_that_somebody_has_is_an_error_that_names_it_and_nothing_is_left()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        host.AddBridge();
        host.Ip("addr add fd00:1::2/64 dev br0 nodad");
        var before = Snapshot.Of(host, pod);
        var conf = Conf.Bridge($"\"enabledad\":true,{Conf.HostLocal(host, "[]", "fd00:1::/64")}");
        var (code, message, _) = CniCall.Error(new CniCall(host).Run("ADD", conf, "c1", pod));
        Assert.Equal((999, "failed to settle addresses for \"eth0\": link eth0 has address fd00:1::2 in DADFAILED state"), (code, message));
        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    [Fact]
    public void A_gateway_gives_the_bridge_the_address_and_forwards()
    {
        using var host = new Sandbox();
        new CniCall(host).Add(Conf.Typical(host), "c1", host.AddPod());
        Assert.Equal(["10.1.0.1", "fd00:1::1"], host.IpJson("addr show dev br0 scope global").EnumerateArray().SelectMany(Addresses));
        Assert.Equal("1", host.InHost("cat", "/proc/sys/net/ipv4/ip_forward").Trim());
        Assert.Equal("1", host.InHost("cat", "/proc/sys/net/ipv6/conf/all/forwarding").Trim());
    }

    [Fact]
    public void Without_being_a_gateway_the_bridge_has_no_address_and_nothing_forwards()
    {
        using var host = new Sandbox();
        host.InHost("sh", "-c", "echo 0 >/proc/sys/net/ipv4/ip_forward"); // a new namespace has what its maker has
        new CniCall(host).Add(Conf.Bridge(Conf.DualStack(host, "[]")), "c1", host.AddPod());
        Assert.Empty(host.IpJson("addr show dev br0 scope global").EnumerateArray().SelectMany(Addresses));
        Assert.Equal("0", host.InHost("cat", "/proc/sys/net/ipv4/ip_forward").Trim());
    }

    [Fact]
    public void A_gateway_the_address_plugin_did_not_name_is_the_first_address_of_the_subnet()
    {
        using var host = new Sandbox();
        var ipam = new FakeIpam(host, """{"cniVersion":"1.0.0","ips":[{"address":"10.1.0.9/24"}]}""");
        var result = new CniCall(host) { CniPath = ipam.CniPath }.Add(Conf.Bridge($"\"isGateway\":true,{FakeIpam.Conf}"), "c1", host.AddPod());
        Assert.Equal("10.1.0.1", result.GetProperty("ips")[0].GetProperty("gateway").GetString());
        Assert.Equal(["10.1.0.1"], host.IpJson("-4 addr show dev br0").EnumerateArray().SelectMany(Addresses));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData(Conf.DefaultRoutes)] // upstream adds a second one then and fails with "file exists"
    public void A_default_gateway_gives_the_pod_one_default_route_per_family(string routes)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var result = new CniCall(host).Add(Conf.Bridge($"\"isDefaultGateway\":true,{Conf.DualStack(host, routes)}"), "c1", pod);
        Assert.Equal("10.1.0.1", Assert.Single(Sandbox.PodIpJson(pod, "route show default").EnumerateArray()).GetProperty("gateway").GetString());
        Assert.Equal("fd00:1::1", Assert.Single(Sandbox.PodIpJson(pod, "-6 route show default").EnumerateArray()).GetProperty("gateway").GetString());
        Assert.Equal(2, result.GetProperty("routes").GetArrayLength());
    }

    [Fact]
    public void A_default_route_in_a_table_of_its_own_is_not_the_default_gateways()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        new CniCall(host).Add(Conf.Bridge($"\"isDefaultGateway\":true,{Conf.HostLocal(host, """[{"dst":"0.0.0.0/0","table":100}]""", "10.1.0.0/24")}"), "c1", pod);
        Assert.Equal("10.1.0.1", Assert.Single(Sandbox.PodIpJson(pod, "route show default").EnumerateArray()).GetProperty("gateway").GetString());
        Assert.Single(Sandbox.PodIpJson(pod, "route show table 100").EnumerateArray());
    }

    [Fact]
    public void A_conflicting_address_of_the_bridge_is_refused_by_name()
    {
        using var host = new Sandbox();
        host.AddBridge();
        host.Ip("addr add 10.9.0.1/24 dev br0");
        var (code, message, details) = CniCall.Error(new CniCall(host).Run("ADD", Conf.Typical(host), "c1", host.AddPod()));
        Assert.Equal((999, "failed to set bridge addr: \"br0\" already has an IP address different from 10.1.0.1/24"), (code, message));
        Assert.Contains("10.9.0.1/24", details, StringComparison.Ordinal);
    }

    [Fact]
    public void A_conflicting_address_gives_way_when_the_network_insists()
    {
        using var host = new Sandbox();
        host.AddBridge();
        host.Ip("addr add 10.9.0.1/24 dev br0");
        host.Ip("addr add fd00:9::1/64 dev br0 nodad"); // another IPv6 network is no conflict
        new CniCall(host).Add(Conf.Bridge($"\"isGateway\":true,\"forceAddress\":true,{Conf.DualStack(host)}"), "c1", host.AddPod());
        Assert.Equal(
            ["10.1.0.1", "fd00:1::1", "fd00:9::1"],
            host.IpJson("addr show dev br0 scope global").EnumerateArray().SelectMany(Addresses).Order());
    }

    [Fact]
    public void Routes_of_the_address_plugin_go_through_their_own_gateway_or_else_the_networks()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        const string routes = """[{"dst":"10.7.0.0/16"},{"dst":"10.8.0.0/16","gw":"10.1.0.9","priority":5},{"dst":"10.6.0.0/16","table":100}]""";
        new CniCall(host) { CniPath = new FakeIpam(host, FakeIpam.OneAddress(routes: routes)).CniPath }.Add(Conf.Bridge(FakeIpam.Conf), "c1", pod);
        Assert.Equal("10.1.0.1", Sandbox.PodIpJson(pod, "route show 10.7.0.0/16")[0].GetProperty("gateway").GetString());
        Assert.Equal("10.1.0.1", Sandbox.PodIpJson(pod, "route show table 100")[0].GetProperty("gateway").GetString());
        var own = Sandbox.PodIpJson(pod, "route show 10.8.0.0/16")[0];
        Assert.Equal(("10.1.0.9", 5), (own.GetProperty("gateway").GetString(), own.GetProperty("metric").GetInt32()));
    }

    [Fact]
    public void A_pod_with_IPv6_switched_off_gets_it_switched_on_for_an_IPv6_address()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        Tool.Run("nsenter", $"--net={pod}", "sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/lo/disable_ipv6");
        new CniCall(host).Add(Conf.Bridge(Conf.DualStack(host, "[]")), "c1", pod);
        Assert.Contains("fd00:1::2", Sandbox.PodIpJson(pod, "-6 addr show dev eth0").EnumerateArray().SelectMany(Addresses));
    }

    [Fact]
    public void The_hosts_side_takes_no_router_advertisements_and_no_redirects()
    {
        using var host = new Sandbox();
        var outer = new CniCall(host).Add(Conf.Typical(host), "c1", host.AddPod()).GetProperty("interfaces")[1].GetProperty("name").GetString();
        foreach (var link in new[] { "br0", outer })
        {
            Assert.Equal("0", host.InHost("cat", $"/proc/sys/net/ipv6/conf/{link}/accept_ra").Trim());
            Assert.Equal("0", host.InHost("cat", $"/proc/sys/net/ipv6/conf/{link}/accept_redirects").Trim());
            Assert.Equal("0", host.InHost("cat", $"/proc/sys/net/ipv4/conf/{link}/accept_redirects").Trim());
        }
    }

    [Fact]
    public void The_pod_announces_its_address_when_its_link_comes_up()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        new CniCall(host).Add(Conf.Typical(host), "c1", pod);
        Assert.Equal("1", Tool.Run("nsenter", $"--net={pod}", "cat", "/proc/sys/net/ipv4/conf/eth0/arp_notify").Trim());
    }

    private static IEnumerable<string> Addresses(JsonElement link) =>
        link.TryGetProperty("addr_info", out var addresses)
            ? addresses.EnumerateArray().Where(address => address.TryGetProperty("local", out _)).Select(address => address.GetProperty("local").GetString()!)
            : []; // what was filtered out is there as {}
}
