using System.Text.Json;
using System.Xml.Linq;
using CniPlugins.Cnitool;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>cnitool topology says what <c>ip</c>, <c>nft</c> and <c>tc</c> say, and marks what kernel and cache disagree on.</summary>
public sealed class TopologyTests
{
    private const string Limits = """{"ingressRate":8000000,"ingressBurst":800000,"egressRate":16000000,"egressBurst":800000}""";

    [Fact]
    public void What_it_says_of_a_pod_is_what_the_tools_say()
    {
        using var host = new Sandbox();
        var (pod, runtime) = (host.AddPod(), new ChainCall(host));
        Uplink(host);
        runtime.Add(Chain(host), "c1", pod, PortNetwork.Ports(8080));

        var topology = Json(host, runtime);
        var one = Assert.Single(topology.GetProperty("attachments").EnumerateArray());
        Assert.Equal(("net1", "c1", "eth0", "bridge", "attached"), (Text(one, "network"), Text(one, "containerId"), Text(one, "ifName"), Text(one, "plugin"), Text(one, "state")));
        Assert.Equal("[] [] [] []", string.Join(' ', one.GetProperty("problems"), topology.GetProperty("problems"), topology.GetProperty("leftovers"), topology.GetProperty("unread")));

        var inner = Sandbox.PodIpJson(pod, "addr show eth0")[0];
        var outer = host.IpJson("link show").EnumerateArray().Single(link => link.GetProperty("ifindex").GetInt32() == inner.GetProperty("link_index").GetInt32());
        Assert.Equal((outer.GetProperty("ifname").GetString(), outer.GetProperty("master").GetString()), (Text(one, "hostInterface"), Text(one, "bridge")));
        Assert.Equal(Global(inner), Texts(one, "addresses"));
        Assert.Equal(["10.1.0.1", "fd00:1::1"], Texts(one, "gateways"));
        var bridge = Assert.Single(topology.GetProperty("bridges").EnumerateArray());
        Assert.Equal(Global(host.IpJson("addr show br0")[0]), Texts(bridge, "addresses"));
        Assert.Equal(["net1"], Texts(bridge, "networks"));
        var uplink = Assert.Single(topology.GetProperty("uplinks").EnumerateArray());
        Assert.Equal(("up0", "192.0.2.1"), (Text(uplink, "name"), Assert.Single(Texts(uplink, "gateways"))));

        Assert.Equal("nftables", Text(one, "masquerade"));
        var map = JsonDocument.Parse(host.InHost("nft", "-j", "list", "map", "inet", "cni_plugins", "port4_any")).RootElement.GetProperty("nftables")
            .EnumerateArray().Single(item => item.TryGetProperty("map", out _)).GetProperty("map").GetProperty("elem");
        Assert.Equal(
            map.EnumerateArray().Select(element => element[0].TryGetProperty("elem", out var inside) ? inside.GetProperty("val") : element[0])
                .Select(key => $"{key.GetProperty("concat")[1]}/{key.GetProperty("concat")[0]}").Order(),
            one.GetProperty("ports").EnumerateArray().Select(port => $"{port.GetProperty("hostPort")}/{Text(port, "protocol")}").Order());
        Assert.All(one.GetProperty("ports").EnumerateArray(), port => Assert.Equal((80, "nftables"), (port.GetProperty("containerPort").GetInt32(), Text(port, "backend"))));
    }

    [Fact]
    public void A_device_of_the_hosts_in_a_pod_has_its_name_at_home()
    {
        using var host = new Sandbox();
        var (pod, runtime) = (host.AddPod(), new ChainCall(host));
        host.Ip("link add ens5 type veth peer name wire5");
        var ipam = Conf.HostLocal(host, "[]", "10.1.0.0/24");
        runtime.Add($$"""{"cniVersion":"1.0.0","name":"net1","plugins":[{"type":"host-device","device":"ens5",{{ipam}}}]}""", "c1", pod);
        var one = Assert.Single(Json(host, runtime).GetProperty("attachments").EnumerateArray());
        Assert.Equal(("host-device", "ens5", "", "attached"), (Text(one, "plugin"), Text(one, "device"), Text(one, "hostInterface"), Text(one, "state")));
        Assert.Empty(Texts(one, "problems"));
        Assert.Contains("ens5 ⇒ eth0", Run(host, runtime).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData(CniCall.UpstreamBin, true)]
    public void Limits_are_what_tc_says(string bin, bool upstream)
    {
        using var host = new Sandbox();
        var (pod, runtime) = (host.AddPod(), new ChainCall(host, upstream ? bin : null));
        Assert.SkipUnless(File.Exists(Path.Combine(upstream ? bin : CniCall.OurBin, "bandwidth")), "no bandwidth");
        Assert.SkipUnless(Tool.Try("modprobe", "-n", "ifb").ExitCode == 0 || Tool.Try("ip", "-n", host.HostName, "link", "add", "probe", "type", "ifb").ExitCode == 0, "kernel has no ifb");
        runtime.Add(Chain(host, $",{{\"type\":\"bandwidth\",{Limits[1..]}"), "c1", pod);

        var one = Assert.Single(Json(host, runtime).GetProperty("attachments").EnumerateArray());
        var rates = Tool.Json("tc", "-n", host.HostName, "-j", "qdisc", "show").EnumerateArray().Where(qdisc => qdisc.GetProperty("kind").GetString() == "tbf")
            .ToDictionary(qdisc => qdisc.GetProperty("dev").GetString()!, qdisc => 8 * qdisc.GetProperty("options").GetProperty("rate").GetInt64());
        Assert.Equal(2, rates.Count);
        Assert.Equal(rates[Text(one, "hostInterface")], one.GetProperty("ingress").GetProperty("rate").GetInt64());
        Assert.Equal(rates.Single(rate => rate.Key != Text(one, "hostInterface")).Value, one.GetProperty("egress").GetProperty("rate").GetInt64());
        Assert.Equal(800_000, one.GetProperty("egress").GetProperty("burst").GetInt64());

        var ifb = rates.Keys.Single(link => link != Text(one, "hostInterface"));
        host.Ip($"link del {Text(one, "hostInterface")}");
        var dead = Assert.Single(Json(host, runtime).GetProperty("attachments").EnumerateArray());
        Assert.Equal(["eth0 is not in its namespace " + pod, $"still in the kernel: masquerade, {ifb}"], Texts(dead, "problems"));
        File.Delete(Path.Combine(runtime.CacheDirectory, "results", "net1-c1-eth0"));
        var topology = Json(host, runtime);
        if (upstream)
            Assert.Equal([$"ifb {ifb}: a rate limit of 16 Mbit/s that no traffic is led through, of no known container"], Texts(topology, "leftovers"));
        else
            Assert.Equal([$"in no runtime's cache; only rules are left of it, and {ifb}"], Texts(topology.GetProperty("attachments")[0], "problems"));
        host.InHost("nft", "flush", "ruleset");
        Assert.StartsWith($"ifb {ifb}: a rate limit of 16 Mbit/s", Assert.Single(Texts(Json(host, runtime), "leftovers")), StringComparison.Ordinal);
    }

    [Fact]
    public void What_upstreams_plugins_made_is_recognised()
    {
        using var host = new Sandbox();
        var (pod, runtime) = (host.AddPod(), new ChainCall(host, CniCall.UpstreamBin));
        runtime.Add(Chain(host), "c1", pod, PortNetwork.Ports(8080));
        var one = Assert.Single(Json(host, runtime).GetProperty("attachments").EnumerateArray());
        Assert.Equal(("attached", "br0", "iptables"), (Text(one, "state"), Text(one, "bridge"), Text(one, "masquerade")));
        Assert.Equal(["iptables", "iptables"], one.GetProperty("ports").EnumerateArray().Select(port => Text(port, "backend")));
        Assert.Empty(Texts(one, "problems"));
    }

    [Fact]
    public void Routed_pods_show_the_hosts_routes()
    {
        using var host = new Sandbox();
        var (pod, runtime) = (host.AddPod(), new ChainCall(host));
        runtime.Add($$"""{"cniVersion":"1.0.0","name":"net1","plugins":[{"type":"ptp",{{Conf.DualStack(host)}}}]}""", "c1", pod);
        var one = Assert.Single(Json(host, runtime).GetProperty("attachments").EnumerateArray());
        Assert.Equal(("attached", "", ""), (Text(one, "state"), Text(one, "bridge"), Text(one, "masquerade")));
        Assert.Equal(["10.1.0.2/32", "fd00:1::2/128"], Texts(one, "hostRoutes"));
        Assert.Contains("├─ routes of the host to it: 10.1.0.2/32 fd00:1::2/128", Run(host, runtime).Output.Replace("└", "├", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Leaks_the_dead_and_the_broken_are_marked()
    {
        using var host = new Sandbox();
        var (alive, dead, leaked) = (host.AddPod(), host.AddPod(), host.AddPod());
        var (runtime, conf) = (new ChainCall(host), Chain(host));
        runtime.Add(conf, "alive", alive, PortNetwork.Ports(8080));
        runtime.Add(conf, "dead", dead, PortNetwork.Ports(8081));
        runtime.Add(conf, "leaked", leaked, PortNetwork.Ports(8082));
        host.RemovePod(dead);
        for (var attempt = 0; attempt < 200 && host.IpJson("link show master br0").GetArrayLength() > 2; attempt++)
            Thread.Sleep(50); // the kernel takes a namespace down at its leisure
        var results = Path.Combine(runtime.CacheDirectory, "results");
        File.Delete(Path.Combine(results, "net1-leaked-eth0"));
        File.WriteAllText(Path.Combine(results, "net1-torn-eth0"), "{");
        host.Ip($"link add veth01234567 type veth peer name other netns {Path.GetFileName(alive)}");
        host.Ip("link set veth01234567 master br0");

        var topology = Json(host, runtime);
        var states = topology.GetProperty("attachments").EnumerateArray().ToDictionary(one => Text(one, "containerId"), one => one);
        Assert.Equal("alive attached, dead gone, leaked leaked,  leaked", string.Join(", ", new[] { "alive", "dead", "leaked", "" }.Select(id => $"{id} {Text(states[id], "state")}")));
        Assert.Equal([$"its namespace {dead} is gone", "still in the kernel: port 8081/tcp, port 8081/udp, masquerade"], Texts(states["dead"], "problems"));
        Assert.Equal((leaked, 2, "nftables"), (Text(states["leaked"], "netns"), states["leaked"].GetProperty("ports").GetArrayLength(), Text(states["leaked"], "masquerade")));
        Assert.Equal(Global(Sandbox.PodIpJson(leaked, "addr show eth0")[0]), Texts(states["leaked"], "addresses"));
        Assert.Equal(("veth01234567", "br0", alive, "other"), (Text(states[""], "hostInterface"), Text(states[""], "bridge"), Text(states[""], "netns"), Text(states[""], "ifName")));
        Assert.Equal([$"{results}/net1-torn-eth0: broken: unexpected end of JSON input"], Texts(topology, "problems"));

        var (_, tree, _) = Run(host, runtime);
        Assert.Contains("DEAD", tree, StringComparison.Ordinal);
        Assert.Contains("LEAKED", tree, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', tree);
        Assert.Contains("dead pod: only in the cache", XDocument.Parse(Run(host, runtime, "--format", "svg").Output).Descendants().Select(node => node.Value));

        host.Ip($"link del {Text(states["leaked"], "hostInterface")}");
        host.InHost("nft", "flush", "chain", "inet", "cni_plugins", "hostports");
        topology = Json(host, runtime);
        Assert.Equal(["in no runtime's cache; only rules are left of it"], Texts(topology.GetProperty("attachments").EnumerateArray().Single(one => Text(one, "containerId") == "leaked"), "problems"));
        Assert.Contains(Texts(topology, "problems"), problem => problem.Contains("no port mapping works", StringComparison.Ordinal));
    }

    [Fact]
    public void Damage_to_a_living_pod_is_named()
    {
        using var host = new Sandbox();
        var (pod, runtime) = (host.AddPod(), new ChainCall(host));
        runtime.Add(Chain(host), "c1", pod, PortNetwork.Ports(8080));
        var outer = Text(Json(host, runtime).GetProperty("attachments")[0], "hostInterface");
        host.Ip($"link set {outer} nomaster");
        host.Ip($"link set {outer} down");
        Sandbox.PodIp(pod, "addr del 10.1.0.2/24 dev eth0");
        host.InHost("nft", "flush", "ruleset");
        Assert.Equal(
            [
                "address 10.1.0.2/24 is not on eth0",
                $"{outer} is down",
                $"{outer} is in no bridge, not in br0",
                "port 8080/tcp → 80 is not in the kernel; cnitool repair puts it back",
                "port 8080/udp → 80 is not in the kernel; cnitool repair puts it back",
                "ipMasq was configured, and no rule is in the kernel; cnitool repair puts it back",
            ],
            Texts(Json(host, runtime).GetProperty("attachments")[0], "problems"));
    }

    [Fact]
    public void Without_root_it_says_what_it_could_not_read()
    {
        using var host = new Sandbox();
        var runtime = new ChainCall(host);
        var cnitool = Path.Combine(host.Directory, "cnitool");
        runtime.Add(Chain(host), "c1", host.AddPod(), PortNetwork.Ports(8080));
        File.Copy(Path.Combine(CniCall.OurBin, "cnitool"), cnitool);
        File.SetUnixFileMode(host.Directory, (UnixFileMode)0x1ed /* 0755 */);
        var topology = JsonDocument.Parse(host.InHost(
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", cnitool, "topology", "--json", "--cache-dir", runtime.CacheDirectory)).RootElement;
        Assert.Equal(
            [$"cached results in {runtime.CacheDirectory}/results: permission denied", "nftables: read nftables generation: operation not permitted (run it as root)"],
            Texts(topology, "unread"));
        var one = Assert.Single(topology.GetProperty("attachments").EnumerateArray());
        Assert.Equal(("unread", "c1", "br0"), (Text(one, "state"), Text(one, "containerId"), Text(one, "bridge")));
        Assert.Empty(Texts(one, "problems"));
    }

    [Fact]
    public void A_host_without_anything_is_drawn_too()
    {
        using var host = new Sandbox();
        var runtime = new ChainCall(host);
        Assert.EndsWith("└─ nothing of CNI's, and no uplink\n", Run(host, runtime).Output, StringComparison.Ordinal);
        Assert.Empty(Json(host, runtime).GetProperty("attachments").EnumerateArray());
        var (exitCode, _, error) = Run(host, runtime, "--format", "png");
        Assert.Equal(2, exitCode);
        Assert.Contains("'svg'", error, StringComparison.Ordinal);
    }

    /// <summary>bridge and portmap, and what is to follow them.</summary>
    private static string Chain(Sandbox host, string more = "") =>
        PortNetwork.Chain(host).Replace("\"snat\":true}]}", $"\"snat\":true}}{more}]}}", StringComparison.Ordinal);

    private static void Uplink(Sandbox host)
    {
        host.Ip($"link add up0 type veth peer name eth0 netns {Path.GetFileName(host.AddPod())}");
        host.Ip("addr add 192.0.2.10/24 dev up0");
        host.Ip("link set up0 up");
        host.Ip("route add default via 192.0.2.1");
    }

    private static JsonElement Json(Sandbox host, ChainCall runtime)
    {
        var (exitCode, output, error) = Run(host, runtime, "--json");
        Assert.Equal((0, ""), (exitCode, error));
        return JsonDocument.Parse(output).RootElement;
    }

    private static (int ExitCode, string Output, string Error) Run(Sandbox host, ChainCall runtime, params string[] arguments)
    {
        using var netns = host.OpenHost();
        using var output = new StringWriter();
        using var error = new StringWriter();
        var environment = new Dictionary<string, string> { ["NO_COLOR"] = "1" };
        var exitCode = netns.Run(() => new CommandLine(environment, output, error).Run(["topology", .. arguments, "--cache-dir", runtime.CacheDirectory]));
        return (exitCode, output.ToString(), error.ToString());
    }

    /// <summary>The addresses in one object of <c>ip -j addr</c>, without link-local ones.</summary>
    private static IEnumerable<string> Global(JsonElement link) =>
        link.GetProperty("addr_info").EnumerateArray().Where(address => address.GetProperty("scope").GetString() == "global")
            .Select(address => $"{address.GetProperty("local").GetString()}/{address.GetProperty("prefixlen")}");

    private static string Text(JsonElement element, string key) => element.GetProperty(key).GetString()!;

    private static string[] Texts(JsonElement element, string key) => [.. element.GetProperty(key).EnumerateArray().Select(text => text.GetString()!)];
}
