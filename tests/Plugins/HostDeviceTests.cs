using System.Text.Json;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>host-device: a device of the host's goes into a pod and comes back under its own name.</summary>
public sealed class HostDeviceTests
{
    private const string Ours = "\"device\":\"ens5\"";

    [Fact]
    public void A_device_is_the_pods_interface_with_its_addresses_and_comes_back_as_it_was()
    {
        using var host = new Sandbox();
        AddDevice(host);
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var before = Snapshot.Of(host, pod);
        var mac = Link(host, "ens5").GetProperty("address").GetString();

        var conf = Conf(host, Ours + ",\"dns\":{\"domain\":\"cluster.local\"}");
        var result = cni.Add(conf, "c1", pod);
        Assert.Equal((mac, "eth0", pod), Shown(result.GetProperty("interfaces")[0]));
        Assert.Equal("cluster.local", result.GetProperty("dns").GetProperty("domain").GetString());
        var inner = Sandbox.PodIpJson(pod, "addr show eth0")[0];
        Assert.Equal(("ens5", mac), (inner.GetProperty("ifalias").GetString(), inner.GetProperty("address").GetString()));
        Assert.Equal(["10.1.0.2", "fd00:1::2"], Global(inner));
        Assert.DoesNotContain("tentative", inner.ToString(), StringComparison.Ordinal);
        foreach (var neighbour in new[] { "10.1.0.1", "fd00:1::1" })
            Assert.Equal(0, Sandbox.TryInPod(pod, "ping", "-c1", "-W3", neighbour).ExitCode);
        cni.Check(conf, result, "c1", pod);

        cni.Del(conf, "c1", pod);
        cni.Del(conf, "c1", pod);
        Snapshot.ShouldBecome(before, host, pod);
    }

    [Theory]
    [InlineData("\"hwaddr\":\"02:00:00:00:00:05\"")]
    [InlineData("\"hwaddr\":\"02-00-00-00-00-05\"")]
    public void A_device_is_found_by_its_hardware_address_too(string choice)
    {
        using var host = new Sandbox();
        AddDevice(host);
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var before = Snapshot.Of(host, pod);
        cni.Add(Conf(host, choice), "c1", pod);
        Assert.Equal("ens5", Sandbox.PodIpJson(pod, "link show eth0")[0].GetProperty("ifalias").GetString());
        cni.Del(Conf(host, choice), "c1", pod);
        Snapshot.ShouldBecome(before, host, pod);
    }

    [Fact]
    public void A_pod_may_have_a_link_of_the_devices_name_and_the_host_one_of_the_pods()
    {
        using var host = new Sandbox();
        AddDevice(host);
        host.Ip("link add eth0 type veth peer name another");
        var pod = host.AddPod();
        Sandbox.PodIp(pod, "link add ens5 type veth peer name another");
        var cni = new CniCall(host);
        var before = Snapshot.Of(host, pod);
        cni.Add(Conf(host, Ours), "c1", pod);
        cni.Del(Conf(host, Ours), "c1", pod);
        Snapshot.ShouldBecome(before, host, pod);
    }

    [Fact]
    public void A_name_that_is_taken_at_home_keeps_nothing_in_the_pod_and_the_next_DEL_gives_it_back()
    {
        using var host = new Sandbox();
        AddDevice(host);
        var pod = host.AddPod();
        var cni = new CniCall(host);
        foreach (var both in new[] { false, true })
        {
            cni.Add(Conf(host, Ours), "c1", pod);
            host.Ip("link add ens5 type veth peer name another");
            if (both)
                host.Ip("link add eth0 type veth peer name third");
            var (code, message, details) = CniCall.Error(cni.Run("DEL", Conf(host, Ours), "c1", pod));
            Assert.Equal((999, "failed to rename link to its original name \"ens5\": file exists"), (code, message));
            Assert.Contains("its alias says what it was called", details, StringComparison.Ordinal);
            Assert.Equal(1, Sandbox.PodIpJson(pod, "link").GetArrayLength());
            Assert.Single(host.IpJson("link").EnumerateArray(), link => link.TryGetProperty("ifalias", out var alias) && alias.GetString() == "ens5");

            host.Ip("link del ens5");
            if (both)
                host.Ip("link del eth0");
            cni.Del(Conf(host, Ours), "c1", pod);
            Assert.False(Link(host, "ens5").TryGetProperty("ifalias", out _));
            Assert.Empty(Support.Conf.Leases(host));
        }
    }

    [Fact]
    public void A_failed_ADD_leaves_the_device_at_home_with_its_addresses()
    {
        using var host = new Sandbox();
        AddDevice(host);
        host.Ip("addr add 192.0.2.5/24 dev ens5");
        host.Ip("addr add fd00:5::5/64 dev ens5 nodad");
        host.Ip("link set ens5 alias uplink");
        var pod = host.AddPod();
        var before = Snapshot.Of(host, pod);
        var routes = """{"cniVersion":"1.0.0","ips":[{"address":"10.1.0.2/24"}],"routes":[{"dst":"10.9.0.0/16","gw":"192.0.2.77"}]}""";
        var fake = new FakeIpam(host, routes);
        var cni = new CniCall(host) { CniPath = fake.CniPath };
        var conf = $$"""{"cniVersion":"1.0.0","name":"net1","type":"host-device",{{Ours}},{{FakeIpam.Conf}}}""";
        var reply = cni.Run("ADD", conf, "c1", pod);
        Assert.StartsWith("failed to add route '", CniCall.Error(reply).Message, StringComparison.Ordinal);
        Assert.Contains("ens5 loses what it has on the host: 192.0.2.5/24, fd00:5::5/64", reply.Error, StringComparison.Ordinal);
        Snapshot.ShouldBecome(before, host, pod);
        Assert.Equal(["ADD", "DEL"], fake.Calls);

        Sandbox.PodIp(pod, "link add eth0 type veth peer name another");
        before = Snapshot.Of(host, pod);
        Assert.Equal(
            "failed to move link failed to move \"eth0\" (host: \"ens5\") to container NS: file exists",
            CniCall.Error(cni.Run("ADD", conf, "c1", pod)).Message);
        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    [Theory]
    [InlineData("\"device\":\"ens9\"", 999, "failed to find host device: Link not found")]
    [InlineData("\"hwaddr\":\"zz\"", 999, "failed to find host device: failed to parse MAC address \"zz\": address zz: invalid MAC address")]
    [InlineData("\"kernelpath\":\"/tmp\"", 999, "failed to find host device: kernel device path \"/tmp\" must be absolute and begin with /sys/devices/")]
    [InlineData("\"kernelpath\":\"/sys/devices/../../tmp\"", 999, "failed to find host device: kernel device path \"/sys/devices/../../tmp\" must be absolute and begin with /sys/devices/")]
    [InlineData("\"pciBusID\":\"0000:99:99.9\"", 999, "error with host device: lstat /sys/bus/pci/devices/0000:99:99.9: no such file or directory")]
    [InlineData("\"pciBusID\":\"../../net\"", 7, "\"../../net\" is no device of a bus")]
    [InlineData("\"runtimeConfig\":{\"deviceID\":\"0000:99:99.9\"}", 999, "runtime config DeviceID 0000:99:99.9 not found or unsupported")]
    [InlineData("\"mtu\":1", 7, "specify either \"device\", \"hwaddr\", \"kernelpath\" or \"pciBusID\"")]
    [InlineData("\"device\":7", 999, "failed to load netconf: json: cannot unmarshal number into Go struct field .device of type string")]
    public void What_cannot_be_found_is_named_and_nothing_changes(string choice, int code, string message)
    {
        using var host = new Sandbox();
        AddDevice(host);
        var pod = host.AddPod();
        var before = Snapshot.Of(host, pod);
        var reply = CniCall.Error(new CniCall(host).Run("ADD", Conf(host, choice), "c1", pod));
        Assert.Equal((code, message), (reply.Code, reply.Message));
        Assert.Equal(before, Snapshot.Of(host, pod));
        new CniCall(host).Del(Conf(host, choice), "c1", pod);
        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    [Fact]
    public void DEL_leaves_what_another_plugin_has_put_under_the_pods_path()
    {
        using var host = new Sandbox();
        AddDevice(host);
        host.AddBridge();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        cni.Add(Support.Conf.Typical(host), "c2", pod);
        var before = Snapshot.Of(host, pod);
        cni.Del(Conf(host, Ours), "c1", pod);
        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    [Theory]
    [InlineData("pod: link set eth0 alias", "failed to find original ifname for \"eth0\" (alias is not set)")]
    [InlineData("pod: addr del 10.1.0.2/24 dev eth0", "Failed to match addr 10.1.0.2/24 on interface eth0")]
    [InlineData("pod: link set eth0 down", "Interface eth0 is down")]
    [InlineData("pod: link set eth0 name eth9", "Container Interface name in prevResult: eth0 not found")]
    public void CHECK_finds_damage_and_DEL_brings_the_device_back_all_the_same(string damage, string expected)
    {
        using var host = new Sandbox();
        AddDevice(host);
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var before = Snapshot.Of(host, pod);
        var result = cni.Add(Conf(host, Ours), "c1", pod);
        if (damage.EndsWith("alias", StringComparison.Ordinal))
            Tool.Run("ip", "-n", Path.GetFileName(pod), "link", "set", "eth0", "alias", "");
        else
            Sandbox.PodIp(pod, damage[5..]);
        Assert.Equal(expected, CniCall.Error(cni.TryCheck(Conf(host, Ours), result, "c1", pod)).Message);
        cni.Del(CniCall.WithPrevious(Conf(host, Ours), result), "c1", pod);
        Snapshot.ShouldBecome(before, host, pod);
    }

    [Fact]
    public void Without_an_address_plugin_the_device_is_just_up_and_the_oldest_results_have_no_words_for_it()
    {
        using var host = new Sandbox();
        AddDevice(host);
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var before = Snapshot.Of(host, pod);
        var conf = $$"""{"cniVersion":"VERSION","name":"net1","type":"host-device",{{Ours}}}""";
        cni.Add(conf.Replace("VERSION", "1.0.0", StringComparison.Ordinal), "c1", pod);
        Assert.Contains("UP", Sandbox.PodIpJson(pod, "link show eth0")[0].GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()));
        cni.Del(conf.Replace("VERSION", "1.0.0", StringComparison.Ordinal), "c1", pod);
        Assert.Equal(
            "cannot convert: no valid IP addresses",
            CniCall.Error(cni.Run("ADD", conf.Replace("VERSION", "0.2.0", StringComparison.Ordinal), "c1", pod)).Message);
        Snapshot.ShouldBecome(before, host, pod);
        Assert.Equal(0, cni.Status(conf.Replace("VERSION", "1.1.0", StringComparison.Ordinal)).ExitCode);
    }

    [Theory]
    [InlineData("0.4.0", true)]
    [InlineData("0.4.0", false)]
    [InlineData("1.0.0", true)]
    [InlineData("1.0.0", false)]
    public void What_Debians_plugin_or_ours_has_moved_the_other_checks_and_brings_back(string version, bool oursFirst)
    {
        using var host = new Sandbox();
        AddDevice(host);
        var pod = host.AddPod();
        var (first, second) = (new CniCall(host, oursFirst ? null : CniCall.UpstreamBin), new CniCall(host, oursFirst ? CniCall.UpstreamBin : null));
        var before = Snapshot.Of(host, pod);
        var conf = Conf(host, Ours, version);
        var result = first.Add(conf, "c1", pod);
        second.Check(conf, result, "c1", pod);
        second.Del(CniCall.WithPrevious(conf, result), "c1", pod);
        if (oursFirst)
            Tool.Run("ip", "-n", host.HostName, "link", "set", "ens5", "alias", ""); // 1.1.1 leaves it
        Snapshot.ShouldBecome(before, host, pod);
    }

    /// <summary>ens5, whose other end is a router of 10.1.0.0/24 and fd00:1::/64.</summary>
    private static void AddDevice(Sandbox host)
    {
        host.Ip("link add ens5 address 02:00:00:00:00:05 type veth peer name wire5");
        host.Ip("addr add 10.1.0.1/24 dev wire5");
        host.Ip("addr add fd00:1::1/64 dev wire5 nodad");
        host.Ip("link set wire5 up");
    }

    private static string Conf(Sandbox host, string more, string version = "1.0.0") =>
        $$"""{"cniVersion":"{{version}}","name":"net1","type":"host-device",{{more}},{{Support.Conf.DualStack(host)}}}""";

    private static JsonElement Link(Sandbox host, string name) => host.IpJson($"link show {name}")[0];

    private static IEnumerable<string?> Global(JsonElement link) => link.GetProperty("addr_info").EnumerateArray()
        .Where(address => address.GetProperty("scope").GetString() == "global").Select(address => address.GetProperty("local").GetString());

    private static (string? Mac, string? Name, string? Sandbox) Shown(JsonElement link) =>
        (link.GetProperty("mac").GetString(), link.GetProperty("name").GetString(), link.GetProperty("sandbox").GetString());
}
