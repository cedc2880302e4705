using System.Text.Json;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>Each option of the bridge plugin does what the documentation says, judged by ip.</summary>
public sealed class BridgeOptionTests
{
    [Fact]
    public void Mtu_is_given_to_a_new_bridge_and_both_ends()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var result = new CniCall(host).Add(Conf.Bridge("\"mtu\":1400"), "c1", pod);
        Assert.Equal(1400, host.IpJson("link show br0")[0].GetProperty("mtu").GetInt32());
        Assert.Equal(1400, Outer(host, result).GetProperty("mtu").GetInt32());
        Assert.Equal(1400, Sandbox.PodIpJson(pod, "link show eth0")[0].GetProperty("mtu").GetInt32());
    }

    [Theory]
    [InlineData("", false, false, false)]
    [InlineData("\"hairpinMode\":true", true, false, false)]
    [InlineData("\"portIsolation\":true", false, true, false)]
    [InlineData("\"promiscMode\":true", false, false, true)]
    public void Hairpin_isolation_and_promiscuity_are_off_unless_asked_for(string option, bool hairpin, bool isolated, bool promiscuous)
    {
        using var host = new Sandbox();
        var result = new CniCall(host).Add(Conf.Bridge(option), "c1", host.AddPod());
        var port = Outer(host, result).GetProperty("linkinfo").GetProperty("info_slave_data");
        Assert.Equal(hairpin, port.GetProperty("hairpin").GetBoolean());
        Assert.Equal(isolated, port.GetProperty("isolated").GetBoolean());
        var flags = host.IpJson("link show br0")[0].GetProperty("flags").EnumerateArray().Select(flag => flag.GetString());
        Assert.Equal(promiscuous, flags.Contains("PROMISC"));
    }

    [Fact]
    public void Hairpin_and_promiscuous_exclude_each_other()
    {
        using var host = new Sandbox();
        var reply = new CniCall(host).Run("ADD", Conf.Bridge("\"hairpinMode\":true,\"promiscMode\":true"), "c1", host.AddPod());
        Assert.Equal((999, "cannot set hairpin mode and promiscuous mode at the same time", ""), CniCall.Error(reply));
    }

    [Fact]
    public void Isolated_pods_reach_their_gateway_but_not_each_other()
    {
        using var host = new Sandbox();
        var cni = new CniCall(host);
        var conf = Conf.Bridge($"\"isGateway\":true,\"portIsolation\":true,{Conf.HostLocal(host, "[]", "10.1.0.0/24")}");
        var (one, two) = (host.AddPod(), host.AddPod());
        cni.Add(conf, "c1", one);
        cni.Add(conf, "c2", two);
        Assert.Equal(0, Sandbox.TryInPod(one, "ping", "-c1", "-W2", "10.1.0.1").ExitCode);
        Assert.NotEqual(0, Sandbox.TryInPod(one, "ping", "-c1", "-W1", "10.1.0.3").ExitCode);
    }

    [Fact]
    public void A_disabled_interface_stays_down_and_takes_no_addresses()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var refused = cni.Run("ADD", Conf.Bridge($"\"disableContainerInterface\":true,{Conf.DualStack(host)}"), "c1", pod);
        Assert.Equal((999, "cannot use IPAM when DisableContainerInterface flag is set", ""), CniCall.Error(refused));
        cni.Add(Conf.Bridge("\"disableContainerInterface\":true"), "c1", pod);
        var flags = Sandbox.PodIpJson(pod, "link show eth0")[0].GetProperty("flags").EnumerateArray().Select(flag => flag.GetString());
        Assert.DoesNotContain("UP", flags);
    }

    [Theory]
    [InlineData("", "MAC=02:00:00:00:00:01", "02:00:00:00:00:01")]
    [InlineData("\"args\":{\"cni\":{\"mac\":\"02:00:00:00:00:02\"}}", "MAC=02:00:00:00:00:01", "02:00:00:00:00:02")]
    [InlineData("\"args\":{\"cni\":{\"mac\":\"02:00:00:00:00:02\"}},\"runtimeConfig\":{\"mac\":\"02:00:00:00:00:03\"}", "MAC=02:00:00:00:00:01", "02:00:00:00:00:03")]
    [InlineData("\"runtimeConfig\":{\"mac\":\"02:00:00:00:00:03\"}", "", "02:00:00:00:00:03")]
    [InlineData("", "IgnoreUnknown=1;K8S_POD_NAME=p;MAC=02:00:00:00:00:04", "02:00:00:00:00:04")]
    public void A_hardware_address_comes_from_the_runtime_before_the_network_before_the_arguments(string more, string args, string expected)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        new CniCall(host) { Variables = { ["CNI_ARGS"] = args } }.Add(Conf.Bridge(more), "c1", pod);
        Assert.Equal(expected, Sandbox.PodIpJson(pod, "link show eth0")[0].GetProperty("address").GetString());
    }

    [Theory]
    [InlineData("zz")]
    [InlineData("01:00:5e:00:00:01")]
    [InlineData("00:00:00:00:00:00")]
    public void A_hardware_address_no_interface_can_have_is_refused(string mac)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        host.AddBridge();
        var before = Snapshot.Of(host, pod);
        var conf = Conf.Bridge($$""" "runtimeConfig":{"mac":"{{mac}}"},{{Conf.DualStack(host)}}""");
        var (code, message, _) = CniCall.Error(new CniCall(host).Run("ADD", conf, "c1", pod));
        Assert.Equal(999, code);
        Assert.StartsWith("failed to make veth pair: ", message, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    [Fact]
    public void A_pattern_is_no_name_of_a_bridge()
    {
        using var host = new Sandbox();
        var before = Snapshot.Of(host);
        var (code, message, _) = CniCall.Error(new CniCall(host).Run("ADD", Conf.Bridge(bridge: "br%d"), "c1", host.AddPod()));
        Assert.Equal((7, "bridge: \"br%d\" cannot be the name of a bridge"), (code, message));
        Assert.Equal(before, Snapshot.Of(host)); // the kernel would make br0, and nobody would find br%d
    }

    [Fact]
    public void Without_an_address_plugin_the_pod_is_joined_on_layer_two()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var result = cni.Add(Conf.Bridge(), "c1", pod);
        Assert.False(result.TryGetProperty("ips", out _));
        Assert.Equal("UP", Sandbox.PodIpJson(pod, "link show eth0")[0].GetProperty("operstate").GetString());
        cni.Check(Conf.Bridge(), result, "c1", pod);
        cni.Del(Conf.Bridge(), "c1", pod);
        Assert.Single(Sandbox.PodIpJson(pod, "link").EnumerateArray());
    }

    [Fact]
    public void The_host_end_says_whose_it_is_and_has_no_queue()
    {
        using var host = new Sandbox();
        var outer = Outer(host, new CniCall(host).Add(Conf.Bridge(), "c1", host.AddPod()));
        Assert.False(outer.TryGetProperty("txqlen", out var length) && length.GetInt32() != 0);
        Assert.Contains(", net: net1, if: eth0, id: c1", outer.GetProperty("ifalias").GetString(), StringComparison.Ordinal);
        Assert.Equal("br0", outer.GetProperty("master").GetString());
    }

    [Fact]
    public void The_bridges_hardware_address_stays_while_pods_come_and_go()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        cni.Add(Conf.Bridge(), "first", host.AddPod());
        var mac = host.IpJson("link show br0")[0].GetProperty("address").GetString();
        for (var i = 0; i < 20; i++)
        {
            var result = cni.Add(Conf.Bridge(), "c1", pod);
            // Lower than any other: a bridge that follows its ports would take it.
            host.Ip($"link set {result.GetProperty("interfaces")[1].GetProperty("name").GetString()} address 00:00:00:00:00:{i + 1:x2}");
            Assert.Equal(mac, host.IpJson("link show br0")[0].GetProperty("address").GetString());
            cni.Del(Conf.Bridge(), "c1", pod);
            Assert.Equal(mac, host.IpJson("link show br0")[0].GetProperty("address").GetString());
        }
    }

    [Fact]
    public void Of_a_bridge_that_was_there_nothing_is_changed_but_that_it_is_up()
    {
        using var host = new Sandbox();
        host.Ip("link add br0 mtu 1300 address 02:aa:00:00:00:01 type bridge stp_state 1");
        new CniCall(host).Add(Conf.Bridge("\"mtu\":1280"), "c1", host.AddPod());
        var bridge = host.IpJson("link show br0")[0];
        Assert.Equal("02:aa:00:00:00:01", bridge.GetProperty("address").GetString());
        Assert.Equal(1, bridge.GetProperty("linkinfo").GetProperty("info_data").GetProperty("stp_state").GetInt32());
        Assert.Contains("UP", bridge.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()));
    }

    private static JsonElement Outer(Sandbox host, JsonElement result) =>
        host.IpJson($"link show {result.GetProperty("interfaces")[1].GetProperty("name").GetString()}")[0];
}
