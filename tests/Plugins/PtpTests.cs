using System.Text.Json;
using System.Text.RegularExpressions;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>ptp makes what the reference plugin makes, beside which it runs here, and either takes away what the other made.</summary>
public sealed class PtpTests
{
    [Theory]
    [InlineData("[]", "10.1.0.0/24")]
    [InlineData(Conf.DefaultRoutes, "10.1.0.0/24", "fd00:1::/64")]
    [InlineData("""[{"dst":"10.9.0.0/16"},{"dst":"fd09::/48","gw":"fd00:1::1"}]""", "10.1.0.0/20", "fd00:1::/96")]
    public void Both_implementations_make_the_same(string routes, params string[] subnets)
    {
        var theirs = Made(CniCall.UpstreamBin);
        Assert.Equal(theirs, Made(CniCall.OurBin));

        string Made(string bin)
        {
            using var host = new Sandbox();
            var pod = host.AddPod();
            var result = new CniCall(host, bin).Add(Conf.Ptp($"\"mtu\":1400,\"dns\":{{\"domain\":\"d\"}},{Conf.HostLocal(host, routes, subnets)}"), "c1", pod);
            var outer = result.GetProperty("interfaces")[0].GetProperty("name").GetString()!;
            for (var i = 0; i < 50 && $"{host.IpJson("addr")}{Sandbox.PodIpJson(pod, "addr")}".Contains("tentative", StringComparison.Ordinal); i++)
                Thread.Sleep(100); // theirs are usable, and routed, only after that
            List<string> lines = [.. Members("", result).Order().Select(line => line.Replace(pod, "POD", StringComparison.Ordinal))];
            foreach (var (where, ip) in new (string, Func<string, JsonElement>)[] { ("host", host.IpJson), ("pod", command => Sandbox.PodIpJson(pod, command)) })
            {
                lines.AddRange(Lines(ip($"link show {(where == "host" ? outer : "eth0")}"), "ifname", "mtu", "master", "flags"));
                foreach (var link in ip("addr").EnumerateArray().Where(link => link.GetProperty("ifname").GetString() != "lo"))
                    lines.AddRange(Lines(link.GetProperty("addr_info"), "family", "local", "prefixlen", "broadcast", "scope"));
                foreach (var family in new[] { "-4", "-6" })
                    lines.AddRange(Lines(ip($"{family} route show table all"), "type", "dst", "gateway", "dev", "table", "scope", "protocol", "prefsrc", "metric", "flags"));
            }

            lines.AddRange(host.InHost("sysctl", "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding", $"net.ipv6.conf.{outer}.accept_ra").Split('\n'));
            return Regex.Replace(string.Join('\n', lines.Where(line => !Regex.IsMatch(line, "fe80|ff00|anycast"))), $"{outer}|([0-9a-f]{{2}}:){{5}}[0-9a-f]{{2}}", "X");
        }

        // The order of an object's members says nothing.
        static IEnumerable<string> Members(string path, JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.Object => value.EnumerateObject().SelectMany(member => Members($"{path}.{member.Name}", member.Value)),
            JsonValueKind.Array => value.EnumerateArray().Index().SelectMany(item => Members($"{path}[{item.Index}]", item.Item)),
            _ => [$"{path} {value.GetRawText()}"],
        };

        static IEnumerable<string> Lines(JsonElement list, params string[] names) => list.EnumerateArray()
            .Select(item => string.Join(' ', names.Select(name => item.TryGetProperty(name, out var value) ? value.ToString() : "-"))).Order();
    }

    [Theory]
    [InlineData("0.4.0", true)]
    [InlineData("0.4.0", false)]
    [InlineData("1.0.0", true)]
    [InlineData("1.0.0", false)]
    public void What_one_implementation_adds_the_other_checks_and_deletes(string version, bool oursFirst)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var (first, second) = (new CniCall(host, oursFirst ? null : CniCall.UpstreamBin), new CniCall(host, oursFirst ? CniCall.UpstreamBin : null));
        var conf = Conf.Ptp(Conf.DualStack(host), version);
        var before = Snapshot.Of(host, pod);
        var result = first.Add(conf, "c1", pod);
        second.Check(conf, result, "c1", pod);
        second.Del(conf, "c1", pod);
        second.Del(conf, "c1", pod);
        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    [Fact]
    public void The_reference_plugins_iptables_rules_go_with_our_DEL_and_are_enough_for_our_CHECK()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var conf = MasqueradeTests.Masquerading(host, "ptp");
        var result = new CniCall(host, CniCall.UpstreamBin).Add(conf, "c1", pod);
        Assert.Contains("MASQUERADE", host.InHost("iptables-save"), StringComparison.Ordinal);
        var ours = new CniCall(host);
        ours.Check(conf, result, "c1", pod);
        ours.Del(CniCall.WithPrevious(conf, result), "c1", pod);
        foreach (var save in new[] { "iptables-save", "ip6tables-save" })
            Assert.DoesNotContain("CNI-", host.InHost(save), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_backend_of_iptables_makes_what_the_reference_plugin_makes_and_takes_away(bool theirDel)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var conf = MasqueradeTests.Masquerading(host, "ptp").Replace("\"ipMasq\"", "\"ipMasqBackend\":\"iptables\",\"ipMasq\"", StringComparison.Ordinal);
        var theirs = new CniCall(host, CniCall.UpstreamBin);
        var ours = new CniCall(host);
        theirs.Add(conf, "c1", pod);
        var expected = Rules();
        theirs.Del(conf, "c1", pod);
        Directory.Delete(Conf.LeaseDirectory(host), recursive: true);

        var result = ours.Add(conf, "c1", pod);
        Assert.Equal(expected, Rules());
        Assert.DoesNotContain("cni_plugins", MasqueradeTests.Ruleset(host), StringComparison.Ordinal);
        ours.Check(conf, result, "c1", pod);
        (theirDel ? theirs : ours).Del(conf, "c1", pod);
        Assert.DoesNotContain("CNI-", Rules(), StringComparison.Ordinal);

        string Rules() => string.Join('\n', (host.InHost("iptables-save", "-t", "nat") + host.InHost("ip6tables-save", "-t", "nat")).Split('\n').Where(line => !line.StartsWith('#')));
    }

    [Fact]
    public void The_reference_plugins_nft_rules_go_with_our_DEL_and_nothing_else_of_theirs()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var conf = MasqueradeTests.Masquerading(host, "ptp");
        var result = cni.Add(conf, "c1", pod);
        var comment = Regex.Match(MasqueradeTests.Ruleset(host), "[0-9a-f]{16}-[0-9a-f]{16}, net: net1, if: eth0, id: c1").Value;
        host.InHost("nft", "flush ruleset");
        host.InHost("nft", "add table inet cni_plugins_masquerade; add chain inet cni_plugins_masquerade masq_checks;"
            + $"add rule inet cni_plugins_masquerade masq_checks ip saddr == 10.1.0.2 ip daddr != 10.1.0.0/24 masquerade comment \"{comment}\";"
            + "add rule inet cni_plugins_masquerade masq_checks ip saddr == 10.1.0.9 masquerade comment \"another\"");
        cni.Check(conf, result, "c1", pod);
        cni.Del(conf, "c1", pod);
        var left = MasqueradeTests.Ruleset(host);
        Assert.DoesNotContain(comment, left, StringComparison.Ordinal);
        Assert.Contains("another", left, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_gateway_from_the_address_plugin_the_hosts_end_is_one_by_itself()
    {
        using var host = new Sandbox();
        var (one, two) = (host.AddPod(), host.AddPod());
        foreach (var (pod, i) in new[] { (one, 1), (two, 2) })
        {
            var ipam = new FakeIpam(host, $$"""{"cniVersion":"1.0.0","ips":[{"address":"10.5.0.{{i + 5}}/29"},{"address":"fd05::{{i}}/125"}],"routes":{{Conf.DefaultRoutes}}}""");
            var ips = new CniCall(host) { CniPath = ipam.CniPath }.Add(Conf.Ptp(FakeIpam.Conf), $"c{i}", pod).GetProperty("ips");
            Assert.Equal(["169.254.1.1", "fe80::1"], ips.EnumerateArray().Select(ip => ip.GetProperty("gateway").GetString()));
        }

        foreach (var address in new[] { "10.5.0.7", "fd05::2", "169.254.1.1" })
            Assert.Equal(0, Sandbox.TryInPod(one, "ping", "-c1", "-W2", address).ExitCode);
        host.Ip("link add node0 up type bridge");
        host.Ip("addr add 192.0.2.1/24 dev node0");
        Assert.Equal("192.0.2.1", host.IpJson("route get 10.5.0.6")[0].GetProperty("prefsrc").GetString());
        host.InHost("ping", "-c1", "-W2", "10.5.0.6");
    }

    [Fact]
    public void Neither_end_asks_for_duplicates_on_a_link_that_nobody_else_is_on()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var outer = new CniCall(host).Add(Conf.Ptp(Conf.DualStack(host)), "c1", pod).GetProperty("interfaces")[0].GetProperty("name").GetString();
        Assert.DoesNotContain("tentative", $"{host.IpJson("addr")}{Sandbox.PodIpJson(pod, "addr")}", StringComparison.Ordinal);
        Assert.Equal("0\n", host.InHost("sysctl", "-n", $"net.ipv6.conf.{outer}.accept_dad"));
        Assert.Equal("0\n", Sandbox.TryInPod(pod, "sysctl", "-n", "net.ipv6.conf.eth0.accept_dad").Output);
    }

    [Theory]
    [InlineData("pod: addr del 10.1.0.2/24 dev eth0", "Failed to match addr 10.1.0.2/24 on interface eth0")]
    [InlineData("pod: route del 10.1.0.0/24", "Failed to find Gateway 10.1.0.1 for interface eth0")]
    [InlineData("pod: link set eth0 address 02:00:00:00:00:99", "ptp: Interface eth0 Mac INNER doesn't match container Mac: 02:00:00:00:00:99")]
    [InlineData("pod: link del eth0", "ptp: Container Interface name in prevResult: eth0 not found")]
    public void CHECK_finds_damage_and_names_it(string damage, string expected)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var conf = Conf.Ptp(Conf.DualStack(host));
        var result = cni.Add(conf, "c1", pod);
        Sandbox.PodIp(pod, damage[5..]);
        var mac = result.GetProperty("interfaces")[1].GetProperty("mac").GetString()!;
        Assert.Equal((999, expected.Replace("INNER", mac, StringComparison.Ordinal)), Shown(cni.TryCheck(conf, result, "c1", pod)));
        Assert.Equal((999, "ptp: Required prevResult missing"), Shown(cni.Run("CHECK", conf, "c1", pod)));
    }

    [Theory]
    [InlineData("", "failed to unmarshal raw result: ")]
    [InlineData("{}", "IPAM plugin returned missing IP config")]
    [InlineData("""{"cniVersion":"1.0.0","ips":[{"address":"10.1.0.2/24"},{"address":"10.1.0.2/24"}]}""", "failed to add IP addr 10.1.0.2/32 to \"eth0\": file exists")]
    [InlineData("""{"cniVersion":"1.0.0","ips":[{"address":"10.1.0.2/24","gateway":"10.1.0.1"}],"routes":[{"dst":"10.9.0.0/16","gw":"192.0.2.1"}]}""", "failed to add route '")]
    [InlineData("""{"cniVersion":"1.0.0","ips":[{"address":"fd00:1::2/128","gateway":"ff02::1"}]}""", "failed to add IP addr (ff02::1/128) to veth: ")]
    public void An_ADD_that_fails_leaves_nothing_and_gives_the_addresses_back(string answer, string expected)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var ipam = new FakeIpam(host, answer);
        var before = Snapshot.Of(host, pod);
        var (code, message, _) = CniCall.Error(new CniCall(host) { CniPath = ipam.CniPath }.Run("ADD", Conf.Ptp($"\"ipMasq\":true,{FakeIpam.Conf}"), "c1", pod));
        Assert.Equal(999, code);
        Assert.StartsWith(expected, message, StringComparison.Ordinal);
        Assert.Equal(["ADD", "DEL"], ipam.Calls);
        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    [Fact]
    public void Bad_configurations_are_named()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        Assert.Equal((999, "no plugin name provided"), Shown(cni.Run("ADD", Conf.Ptp(), "c1", pod)));
        Assert.Equal((7, "invalid MTU -1"), Shown(cni.Run("ADD", Conf.Ptp($"\"mtu\":-1,{Conf.DualStack(host)}"), "c1", pod)));
        Assert.StartsWith("failed to load netconf: json: cannot unmarshal ", Shown(cni.Run("ADD", Conf.Ptp("\"ipMasq\":1"), "c1", pod)).Message, StringComparison.Ordinal);
        Assert.StartsWith("failed to make veth pair: ", Shown(cni.Run("ADD", Conf.Ptp($"\"mtu\":2000000000,{Conf.DualStack(host)}"), "c1", pod)).Message, StringComparison.Ordinal);
        Assert.Empty(Conf.Leases(host));
        Assert.Equal((999, "no plugin name provided"), Shown(cni.Status(Conf.Ptp(version: "1.1.0"))));
        Assert.Equal(0, cni.Status(Conf.Ptp(Conf.DualStack(host), "1.1.0")).ExitCode);
    }

    [Theory]
    [InlineData("\"ipam\":{}")]
    [InlineData("\"ipam\":null")]
    [InlineData("\"mtu\":0")]
    public void Without_an_address_plugin_ADD_is_refused_and_DEL_takes_away_what_there_is(string more)
    {
        using var host = new Sandbox();
        var (cni, pod) = (new CniCall(host), host.AddPod());
        var before = Snapshot.Of(host, pod);
        Assert.Equal((999, "no plugin name provided"), CniCall.Error(cni.Run("ADD", Conf.Ptp(more), "c1", pod)) is var (code, message, _) ? (code, message) : default);
        Assert.Equal(before, Snapshot.Of(host, pod));
        cni.Add(Conf.Ptp(Conf.HostLocal(host, "[]", "10.1.0.0/24")), "c1", pod);
        cni.Del(Conf.Ptp(more), "c1", pod);
        Assert.Empty(Sandbox.PodIpJson(pod, "link show type veth").EnumerateArray());
        cni.Gc(Conf.Ptp(more, "1.1.0"));
    }

    [Fact]
    public void GC_and_DEL_find_the_attachment_without_its_pod()
    {
        using var host = new Sandbox();
        var (stale, gone, valid) = (host.AddPod(), host.AddPod(), host.AddPod());
        var cni = new CniCall(host);
        var conf = Conf.Ptp(Conf.DualStack(host), "1.1.0");
        cni.Add(conf, "stale", stale);
        cni.Add(conf, "gone", gone);
        cni.Add(conf, "valid", valid);
        cni.Del(conf, "gone", "");
        cni.Gc(conf, ("valid", "eth0"));
        Assert.Equal(["10.1.0.4", "fd00:1::4"], Conf.Leases(host));
        Assert.Equal([1, 1, 2], new[] { stale, gone, valid }.Select(pod => Sandbox.PodIpJson(pod, "link").GetArrayLength()));
        Assert.Equal(2, host.IpJson("link").GetArrayLength());
    }

    private static (int Code, string Message) Shown(ToolResult reply)
    {
        var (code, message, _) = CniCall.Error(reply);
        return (code, message);
    }
}
