using System.Text.Json;
using System.Text.Json.Nodes;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>bridge and ptp with addresses that are written down, whoever's plugin gives them.</summary>
public sealed class StaticIpamTests
{
    private const string Ipam = """
        "ipam":{"type":"static","addresses":[{"address":"10.1.0.7/24","gateway":"10.1.0.1"},{"address":"fd00:1::7/64","gateway":"fd00:1::1"}],
        "routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"},{"dst":"10.9.0.0/16","gw":"10.1.0.99"}],"dns":{"nameservers":["10.1.0.53"]}}
        """;

    public static TheoryData<string, string, string> Combinations => new()
    {
        { "bridge", "ours", "linked" },
        { "bridge", "ours", "copied" },
        { "bridge", "ours", "theirs" },
        { "bridge", "theirs", "copied" },
        { "ptp", "ours", "linked" },
        { "ptp", "ours", "copied" },
        { "ptp", "ours", "theirs" },
    };

    [Theory]
    [MemberData(nameof(Combinations))]
    public void A_pod_gets_what_is_written_down(string type, string main, string ipam)
    {
        using var host = new Sandbox();
        host.AddBridge();
        host.Ip("addr add 10.1.0.1/24 dev br0");
        host.Ip("addr add fd00:1::1/64 dev br0 nodad");
        var pod = host.AddPod();
        var cni = Cni(host, main, ipam);
        var conf = Members(type, Ipam);
        var before = Snapshot.Of(host, pod);

        var result = cni.Add(conf, "c1", pod);
        Assert.Equal(["10.1.0.7/24", "fd00:1::7/64"], result.GetProperty("ips").EnumerateArray().Select(ip => ip.GetProperty("address").GetString()!));
        if (main == "ours") // Debian's bridge has no ear for its address plugin's dns
            Assert.Equal("10.1.0.53", result.GetProperty("dns").GetProperty("nameservers")[0].GetString());
        Assert.Equal(["10.1.0.7", "fd00:1::7"], Sandbox.PodIpJson(pod, "addr show dev eth0 scope global")[0].GetProperty("addr_info").EnumerateArray()
            .Where(address => address.TryGetProperty("local", out _)).Select(address => address.GetProperty("local").GetString()!).Order());
        Assert.Contains($"10.9.0.0/16 via {Hop(type)} dev eth0", Sandbox.PodIp(pod, "route"), StringComparison.Ordinal);
        cni.Check(conf, result, "c1", pod);
        cni.Del(conf, "c1", pod);
        cni.Del(conf, "c1", pod);
        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    [Fact]
    public void Both_implementations_make_the_same_of_it()
    {
        using var host = new Sandbox();
        host.AddBridge();
        var conf = Members("bridge", Ipam);
        var results = new[] { Cni(host, "ours", "linked"), Cni(host, "ours", "copied"), Cni(host, "ours", "theirs"), Cni(host, "theirs", "theirs") }
            .Select((cni, i) => cni.Add(conf, $"c{i}", host.AddPod())).ToList();
        foreach (var name in new[] { "ips", "routes" })
            Assert.All(results, result => Assert.True(JsonNode.DeepEquals(Node(results[0], name), Node(result, name)), result.GetRawText()));

        static JsonNode? Node(JsonElement result, string name) => JsonNode.Parse(result.GetProperty(name).GetRawText());
    }

    [Fact]
    public void A_runtimes_addresses_go_before_those_of_args_and_of_the_configuration()
    {
        using var host = new Sandbox();
        host.AddBridge();
        var cni = Cni(host, "ours", "linked");
        cni.Variables["CNI_ARGS"] = "IgnoreUnknown=1;IP=10.1.0.8/24;GATEWAY=10.1.0.1";
        Assert.Equal("10.1.0.7/24 fd00:1::7/64 10.1.0.8/24", Addresses(cni.Add(Members("bridge", Ipam), "c1", host.AddPod())));
        var wished = Members("bridge", Ipam + ",\"args\":{\"cni\":{\"ips\":[\"10.1.0.9/24\"]}}");
        Assert.Equal("10.1.0.9/24", Addresses(cni.Add(wished, "c2", host.AddPod())));
        var given = Members("bridge", Ipam + ",\"args\":{\"cni\":{\"ips\":[\"10.1.0.9/24\"]}},\"capabilities\":{\"ips\":true},\"runtimeConfig\":{\"ips\":[\"10.1.0.10/24\"]}");
        Assert.Equal("10.1.0.10/24", Addresses(cni.Add(given, "c3", host.AddPod())));

        static string Addresses(JsonElement result) =>
            string.Join(' ', result.GetProperty("ips").EnumerateArray().Select(ip => ip.GetProperty("address").GetString()));
    }

    [Theory]
    [InlineData("bridge", "\"ipam\":{\"type\":\"static\",\"addresses\":[{\"address\":\"10.1.0.7\"}]}", "the 'address' field is expected to be in CIDR notation, got: '10.1.0.7'")]
    [InlineData("bridge", "\"ipam\":{\"type\":\"static\"}", "IPAM plugin returned missing IP config")]
    [InlineData("ptp", "\"ipam\":{\"type\":\"static\"}", "IPAM plugin returned missing IP config")]
    public void What_cannot_be_given_fails_ADD_and_leaves_nothing(string type, string ipam, string message)
    {
        using var host = new Sandbox();
        host.AddBridge();
        var pod = host.AddPod();
        var before = Snapshot.Of(host, pod);
        var (code, actual, _) = CniCall.Error(Cni(host, "ours", "linked").Run("ADD", Members(type, ipam), "c1", pod));
        Assert.Equal((999, message), (code, actual));
        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    [Fact]
    public void GC_and_STATUS_are_passed_on_and_CHECK_finds_another_gateway()
    {
        using var host = new Sandbox();
        host.AddBridge();
        var (pod, cni) = (host.AddPod(), Cni(host, "ours", "linked"));
        var conf = Members("bridge", Ipam, "1.1.0");
        Assert.Equal((0, ""), (cni.Status(conf).ExitCode, cni.Status(conf).Output));
        Assert.Contains("CIDR notation", CniCall.Error(cni.Status(conf.Replace("10.1.0.7/24", "10.1.0.7", StringComparison.Ordinal))).Message, StringComparison.Ordinal);
        var result = cni.Add(conf, "c1", pod);
        var moved = conf.Replace("\"gateway\":\"10.1.0.1\"", "\"gateway\":\"10.1.0.2\"", StringComparison.Ordinal);
        Assert.Equal("static: Failed to match addr 10.1.0.7 on interface eth0", CniCall.Error(cni.TryCheck(moved, result, "c1", pod)).Message);
        cni.Gc(conf);
    }

    private static string Members(string type, string members, string version = "1.0.0") =>
        type == "bridge" ? Conf.Bridge(members, version) : Conf.Ptp(members.Replace(Hop("bridge"), Hop("ptp"), StringComparison.Ordinal), version);

    /// <summary>Who is on the link beside the pod: on ptp's, only the gateway.</summary>
    private static string Hop(string type) => type == "bridge" ? "10.1.0.99" : "10.1.0.1";

    /// <summary>A main plugin of ours or Debian's, and the address plugin as the same file, as a file of its own, or Debian's.</summary>
    private static CniCall Cni(Sandbox host, string main, string ipam)
    {
        var directory = Path.Combine(host.Directory, "ipam-bin");
        if (ipam == "copied" && !Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory);
            File.Copy(Path.Combine(CniCall.OurBin, "static"), Path.Combine(directory, "static"));
        }

        var first = ipam switch { "copied" => directory, "theirs" => CniCall.UpstreamBin, _ => CniCall.OurBin };
        return new CniCall(host, main == "ours" ? null : CniCall.UpstreamBin) { CniPath = first };
    }
}
