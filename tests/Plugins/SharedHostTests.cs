using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>What a host had before its first pod is joined and not changed: a bridge's hardware address, the routes that routers announced.</summary>
public sealed class SharedHostTests
{
    private const string UplinkMac = "fa:16:3e:11:22:33";

    [Theory]
    [InlineData("with an uplink")]
    [InlineData("with an uplink and an address")]
    [InlineData("without a port")]
    public void A_bridge_that_somebody_else_made_keeps_its_hardware_address_through_any_number_of_pods(string kind)
    {
        using var host = new Sandbox();
        host.Ip("link add br0 type bridge");
        if (kind.StartsWith("with an uplink", StringComparison.Ordinal))
        {
            host.Ip($"link add up0 address {UplinkMac} type veth peer name up1");
            host.Ip("link set up0 up master br0");
        }

        host.Ip("link set br0 up");
        if (kind.EndsWith("an address", StringComparison.Ordinal))
            host.Ip("addr add 192.0.2.7/24 dev br0");
        var before = Mac(host, "br0");
        var cni = new CniCall(host);
        var conf = Conf.Bridge(Conf.DualStack(host, "[]"));
        var pods = host.AddPods(4);
        for (var i = 0; i < pods.Count; i++)
            Assert.Equal(before, cni.Add(conf, $"c{i}", pods[i]).GetProperty("interfaces")[0].GetProperty("mac").GetString());
        Assert.Equal(before, Mac(host, "br0"));
        for (var i = 0; i < pods.Count; i++)
        {
            cni.Del(conf, $"c{i}", pods[i]);
            Assert.Equal(before, Mac(host, "br0"));
        }
    }

    [Theory]
    [InlineData("bridge")]
    [InlineData("ptp")]
    public void A_default_route_that_a_router_announced_outlives_the_first_pod(string type)
    {
        using var host = new Sandbox();
        var router = host.AddPod();
        Sandbox.PodIp(router, $"link add r0 type veth peer name up0 netns {host.HostName}");
        host.InHost("sysctl", "-qw", "net.ipv6.conf.all.forwarding=0", "net.ipv6.conf.up0.accept_ra=1", "net.ipv6.conf.up0.accept_dad=0");
        host.Ip("link set up0 up");
        Sandbox.PodIp(router, "link set r0 up");
        RouterAdvertisement.Send(router, "r0");
        Assert.True(Sandbox.Eventually(() => Announced(host)), "no route was announced");

        var ipam = Conf.HostLocal(host, "[]", "fd00:1::/64");
        var reply = new CniCall(host).Run("ADD", type == "bridge" ? Conf.Bridge($"\"isGateway\":true,{ipam}") : Conf.Ptp(ipam), "c1", host.AddPod());

        Assert.Equal(0, reply.ExitCode);
        Assert.Contains("up0 keeps its IPv6 default route", reply.Error, StringComparison.Ordinal);
        Assert.Equal("1", host.InHost("sysctl", "-n", "net.ipv6.conf.all.forwarding").Trim());
        Assert.True(Announced(host), host.Ip("-6 route show"));
        host.Ip("-6 route del default proto ra");
        RouterAdvertisement.Send(router, "r0");
        Assert.True(Sandbox.Eventually(() => Announced(host)), "the next announcement was not heard");
    }

    [Fact]
    public void A_gateway_keeps_its_IPv6_address_when_its_bridge_goes_down_for_a_moment()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var result = cni.Add(Conf.Typical(host), "c1", pod);
        host.Ip("link set br0 down");
        Assert.Contains("bridge br0 is down", CniCall.Error(cni.TryCheck(Conf.Typical(host), result, "c1", pod)).Message, StringComparison.Ordinal);
        host.Ip("link set br0 up");
        cni.Check(Conf.Typical(host), result, "c1", pod);
        Assert.True(Sandbox.Eventually(() => Sandbox.TryInPod(pod, "ping", "-c1", "-W1", "fd00:1::1").ExitCode == 0), "the gateway does not answer");
    }

    [Theory]
    [InlineData("ip addr del 10.1.0.1/24 dev br0", "br0 has lost the gateway's address 10.1.0.1/24")]
    [InlineData("ip addr del fd00:1::1/64 dev br0", "br0 has lost the gateway's address fd00:1::1/64")]
    [InlineData("sysctl -qw net.ipv4.ip_forward=0", "the host does not forward IPv4 any more")]
    [InlineData("sysctl -qw net.ipv6.conf.all.forwarding=0", "the host does not forward IPv6 any more")]
    public void CHECK_names_what_a_gateway_has_lost_and_the_next_ADD_puts_it_back(string damage, string problem)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var result = cni.Add(Conf.Typical(host), "c1", pod);
        host.InHost(damage.Split(' ')[0], damage.Split(' ')[1..]);
        Assert.Equal(problem, CniCall.Error(cni.TryCheck(Conf.Typical(host), result, "c1", pod)).Message);
        cni.Add(Conf.Typical(host), "c2", host.AddPod());
        cni.Check(Conf.Typical(host), result, "c1", pod);
    }

    [Theory]
    [InlineData("bridge")]
    [InlineData("ptp")]
    public void An_address_that_another_pod_had_is_reached_at_once(string type)
    {
        using var host = new Sandbox();
        var (neighbour, first, second) = (host.AddPod(), host.AddPod(), host.AddPod());
        var cni = new CniCall(host);
        cni.Add(Of(type, "10.1.0.9", "fd00:1::9"), "n", neighbour);
        var conf = Of(type, "10.1.0.5", "fd00:1::5");
        cni.Add(conf, "c1", first);
        foreach (var address in (string[])["10.1.0.5", "fd00:1::5"])
        {
            Assert.Equal(0, Sandbox.TryInPod(neighbour, "ping", "-c1", "-W2", address).ExitCode);
            host.InHost("ping", "-c1", "-W2", address);
        }

        cni.Del(conf, "c1", first);
        cni.Add(conf, "c2", second);
        foreach (var address in (string[])["10.1.0.5", "fd00:1::5"])
        {
            var asked = Sandbox.TryInPod(neighbour, "ping", "-c3", "-i0.4", "-W0.4", address);
            Assert.True(asked.ExitCode == 0, $"from a neighbour: {asked.Output}");
            host.InHost("ping", "-c3", "-i0.4", "-W0.4", address);
        }
    }

    private static string Of(string type, string v4, string v6)
    {
        var ipam = $$""" "ipam":{"type":"static","addresses":[{"address":"{{v4}}/24","gateway":"10.1.0.1"},{"address":"{{v6}}/64","gateway":"fd00:1::1"}],"routes":{{Conf.DefaultRoutes}}}""";
        return type == "bridge" ? Conf.Bridge($"\"isGateway\":true,{ipam}") : Conf.Ptp(ipam);
    }

    private static bool Announced(Sandbox host) => host.Ip("-6 route show default").Contains("proto ra", StringComparison.Ordinal);

    private static string Mac(Sandbox host, string link) => host.IpJson($"link show {link}")[0].GetProperty("address").GetString()!;
}
