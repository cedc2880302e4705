using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>flannel: what its delegate is told, and what is kept of it until DEL.</summary>
public sealed class FlannelTests
{
    private const string Fake = """ "delegate":{"type":"fake"}""";

    [Fact]
    public void The_delegate_is_told_what_flanneld_wrote_down_word_for_word_as_upstream_tells_it()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var node = new FlannelNode(host);
        node.WriteSubnet("FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=false\n");
        var cni = new CniCall(host);
        cni.Add(node.Conf("\"delegate\":{\"hairpinMode\":true,\"isDefaultGateway\":true}", "0.3.1"), "c1", pod);

        var path = Path.Combine(node.DataDir, "c1");
        Assert.Equal(
            """{"cniVersion":"0.3.1","hairpinMode":true,"ipMasq":true,"ipam":{"dataDir":"LEASES","ranges":[[{"subnet":"10.244.1.0/24"}]],"routes":[{"dst":"10.244.0.0/16"}],"type":"host-local"},"isDefaultGateway":true,"isGateway":true,"mtu":1450,"name":"cbr0","type":"bridge"}"""
                .Replace("LEASES", Conf.LeaseDirectory(host), StringComparison.Ordinal),
            File.ReadAllText(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(node.DataDir));
    }

    [Fact]
    public void A_pod_has_the_nodes_mtu_and_addresses_of_both_families_is_checked_and_goes_without_a_trace()
    {
        using var host = new Sandbox();
        host.AddBridge("cni0");
        host.Ip("addr add 10.244.1.1/24 dev cni0");
        host.Ip("addr add fd00:244:0:1::1/64 dev cni0 nodad");
        var pod = host.AddPod();
        var node = new FlannelNode(host);
        var cni = new CniCall(host);
        var before = Snapshot.Of(host, pod);

        var result = cni.Add(node.Conf(), "c1", pod);
        Assert.Equal(["10.244.1.2/24", "fd00:244:0:1::2/64"], result.GetProperty("ips").EnumerateArray().Select(ip => ip.GetProperty("address").GetString()));
        Assert.Equal(1450, Sandbox.PodIpJson(pod, "link show eth0")[0].GetProperty("mtu").GetInt32());
        Assert.Equal("10.244.1.1", Sandbox.PodIpJson(pod, "route show 10.244.0.0/16")[0].GetProperty("gateway").GetString());
        foreach (var gateway in new[] { "10.244.1.1", "fd00:244:0:1::1" })
            Assert.Equal(0, Sandbox.TryInPod(pod, "ping", "-c1", "-W3", gateway).ExitCode);
        Assert.DoesNotContain("masquerade", MasqueradeTests.Ruleset(host), StringComparison.Ordinal);
        cni.Check(node.Conf(), result, "c1", pod);

        Sandbox.PodIp(pod, "addr del 10.244.1.2/24 dev eth0");
        Assert.Equal("Failed to match addr 10.244.1.2/24 on interface eth0", CniCall.Error(cni.TryCheck(node.Conf(), result, "c1", pod)).Message);
        File.Delete(node.SubnetFile);
        cni.Del(node.Conf(), "c1", pod);
        cni.Del(node.Conf(), "c1", pod);
        Snapshot.ShouldBecome(before, host, pod);
        Assert.Empty(node.Files);
        Assert.Equal(
            (999, $"flannel: no configuration is kept for c1 in {node.DataDir}"), Shown(cni.TryCheck(node.Conf(), result, "c1", pod)));
    }

    [Fact]
    public void The_file_stays_when_the_delegates_DEL_fails_and_serves_the_next()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var node = new FlannelNode(host);
        var fake = new FakeIpam(host, FakeIpam.OneAddress());
        var cni = new CniCall(host) { CniPath = fake.CniPath };
        cni.Add(node.Conf(Fake), "c1", pod);
        var told = fake.Stdin;
        fake.InsertBeforeAnswer("[ -e /run/ready ] || { echo '{\"code\":11,\"msg\":\"not now\"}'; exit 1; }");
        Assert.Equal((11, "not now"), Shown(cni.Run("DEL", node.Conf(Fake), "c1", pod)));
        Assert.Equal(["c1"], node.Files);
        File.WriteAllText("/run/ready", "");
        try
        {
            cni.Del(node.Conf("\"delegate\":7"), "c1", pod);
        }
        finally
        {
            File.Delete("/run/ready");
        }

        Assert.Equal(told, fake.Stdin);
        Assert.Empty(node.Files);
    }

    [Fact]
    public void Two_interfaces_of_one_container_have_a_file_each_and_go_in_any_order()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var node = new FlannelNode(host);
        var fake = new FakeIpam(host, FakeIpam.OneAddress());
        var cni = new CniCall(host) { CniPath = fake.CniPath };
        foreach (var (first, second) in new[] { ("eth0", "net1"), ("net1", "eth0") })
        {
            cni.Add(node.Conf(Fake), "c1", pod);
            cni.Add(node.Conf(Fake, name: "other"), "c1", pod, "net1");
            Assert.Equal(["c1", "c1:net1"], node.Files);
            cni.Del(node.Conf(Fake, name: first == "eth0" ? "cbr0" : "other"), "c1", pod, first);
            Assert.Equal([first == "eth0" ? "c1:net1" : "c1"], node.Files);
            cni.Del(node.Conf(Fake, name: first == "eth0" ? "other" : "cbr0"), "c1", pod, second);
            Assert.Contains(second == "net1" ? "\"other\"" : "\"cbr0\"", fake.Stdin, StringComparison.Ordinal);
            Assert.Empty(node.Files);
        }
    }

    [Theory]
    [InlineData("""{"cniVersion":"1.0.0","name":"cbr0","type":"fake"}""", "DEL")]
    [InlineData("""{"cniVersion":"1.0.0","na""", null)]
    [InlineData("", null)]
    public void A_file_of_upstreams_is_read_and_one_that_is_torn_was_written_before_anything_was_attached(string content, string? called)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var node = new FlannelNode(host);
        var fake = new FakeIpam(host, FakeIpam.OneAddress());
        Directory.CreateDirectory(node.DataDir);
        File.WriteAllText(Path.Combine(node.DataDir, "c1"), content);
        new CniCall(host) { CniPath = fake.CniPath }.Del(node.Conf(Fake), "c1", pod);
        Assert.Equal(called, fake.Calls.SingleOrDefault());
        Assert.Equal(called is null ? null : content, called is null ? null : fake.Stdin);
        Assert.Empty(node.Files);
    }

    [Fact]
    public void An_ADD_that_fails_has_the_delegate_take_back_what_it_left_but_nothing_of_an_earlier_attachment()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var node = new FlannelNode(host);
        var fake = new FakeIpam(host, """{"code":999,"msg":"broken"}""", exitCode: 1);
        var cni = new CniCall(host) { CniPath = fake.CniPath };
        Assert.Equal((999, "broken"), Shown(cni.Run("ADD", node.Conf(Fake), "c1", pod)));
        Assert.Equal(["ADD", "DEL"], fake.Calls);
        Assert.Empty(node.Files);

        fake = new FakeIpam(host, FakeIpam.OneAddress());
        cni.Add(node.Conf(Fake), "c1", pod);
        var kept = File.ReadAllText(Path.Combine(node.DataDir, "c1"));
        _ = new FakeIpam(host, """{"code":999,"msg":"there already"}""", exitCode: 1);
        Assert.Equal((999, "there already"), Shown(cni.Run("ADD", node.Conf($"{Fake[..^1]},\"mtu\":1400}}"), "c1", pod)));
        Assert.Equal(["ADD", "DEL", "ADD", "ADD"], fake.Calls);
        Assert.Equal(kept, File.ReadAllText(Path.Combine(node.DataDir, "c1")));
    }

    [Theory]
    [InlineData("FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MT", "FILE is missing FLANNEL_MTU, FLANNEL_IPMASQ")]
    [InlineData("", "FILE is missing FLANNEL_NETWORK, FLANNEL_IPV6_NETWORK, FLANNEL_SUBNET, FLANNEL_IPV6_SUBNET, FLANNEL_MTU, FLANNEL_IPMASQ")]
    [InlineData("FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n", "invalid CIDR address: 10.244.1")]
    [InlineData("FLANNEL_NETWORK\n", "FILE: FLANNEL_NETWORK has no value")]
    [InlineData(null, "open FILE: no such file or directory")]
    public void A_subnet_file_that_is_torn_or_missing_is_named_and_nothing_changes(string? text, string cause)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var node = new FlannelNode(host);
        if (text is null)
            File.Delete(node.SubnetFile);
        else
            node.WriteSubnet(text);
        var before = Snapshot.Of(host, pod);
        var cni = new CniCall(host);
        var expected = $"failed to load flannel 'subnet.env' file: {cause.Replace("FILE", node.SubnetFile, StringComparison.Ordinal)}. Check the flannel pod log for this node.";
        Assert.Equal((text is null ? 11 : 999, expected), Shown(cni.Run("ADD", node.Conf(), "c1", pod)));
        Assert.Equal((50, expected), Shown(cni.Status(node.Conf(version: "1.1.0"))));
        Assert.Equal(before, Snapshot.Of(host, pod));
        Assert.Empty(node.Files);
    }

    [Theory]
    [InlineData("\"delegate\":{\"type\":7}", 7, "'delegate' dictionary, if present, must have (string) 'type' field")]
    [InlineData("\"delegate\":{\"name\":\"x\"}", 7, "'delegate' dictionary must not have 'name' field, it'll be set by flannel")]
    [InlineData("\"delegate\":{\"ipam\":{}}", 7, "'delegate' dictionary must not have 'ipam' field, it'll be set by flannel")]
    [InlineData("\"delegate\":{\"type\":\"flannel\"}", 7, "'delegate' must be another plugin than flannel")]
    [InlineData("\"delegate\":[]", 999, "failed to load flannel netconf file: failed to load netconf: json: cannot unmarshal array into Go struct field .delegate of type object")]
    public void Bad_configurations_are_named(string more, int code, string message)
    {
        using var host = new Sandbox();
        var node = new FlannelNode(host);
        Assert.Equal((code, message), Shown(new CniCall(host).Run("ADD", node.Conf(more), "c1", host.AddPod())));
        Assert.Empty(node.Files);
    }

    [Fact]
    public void GC_takes_the_delegates_leftovers_and_the_files_of_dead_pods_and_STATUS_asks_the_delegate()
    {
        using var host = new Sandbox();
        var (dead, living) = (host.AddPod(), host.AddPod());
        var node = new FlannelNode(host);
        var cni = new CniCall(host);
        var conf = node.Conf(version: "1.1.0");
        Assert.Equal(0, cni.Status(conf).ExitCode);
        cni.Add(conf, "dead", dead);
        cni.Add(conf, "living", living);
        cni.Add(node.Conf(version: "1.1.0", name: "other"), "stranger", living, "net1");
        File.WriteAllText(Path.Combine(node.DataDir, "upstreams"), """{"name":"cbr0","type":"bridge"}""");
        File.Delete(node.SubnetFile);
        cni.Gc(conf, ("living", "eth0"));
        Assert.Equal(["living", "stranger"], node.Files);
        Assert.Equal(["10.244.1.3", "fd00:244:0:1::3"], Conf.Leases(host, "cbr0"));
        Assert.Equal(1, Sandbox.PodIpJson(dead, "link").GetArrayLength());

        node.WriteSubnet();
        Assert.Equal((999, "failed to find plugin \"missing\" in path [" + CniCall.OurBin + "]"),
            Shown(cni.Status(node.Conf("\"delegate\":{\"type\":\"missing\"}", "1.1.0"))));
    }

    private static (int Code, string Message) Shown(ToolResult reply)
    {
        var (code, message, _) = CniCall.Error(reply);
        return (code, message);
    }
}
