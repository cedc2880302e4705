using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>ingressPolicy: who reaches whom, on one bridge and from one to another, in our tables and in iptables'.</summary>
public sealed class FirewallPolicyTests
{
    [Theory]
    [InlineData("open", "open", true)]
    [InlineData("same-bridge", "open", true)]
    [InlineData("open", "isolated", true)]
    [InlineData("same-bridge", "same-bridge", false)]
    [InlineData("same-bridge", "isolated", false)]
    [InlineData("isolated", "isolated", false)]
    public void Bridges_that_both_have_a_policy_do_not_reach_each_other(string left, string right, bool reach)
    {
        foreach (var backend in new[] { "nftables", "iptables" })
        {
            using var lab = new FirewallLab();
            var one = lab.Attach("net1", "c1", Options(left, backend));
            var two = lab.Attach("net2", "c2", Options(right, backend));
            foreach (var v6 in new[] { false, true })
            {
                Assert.True(reach == FirewallLab.Reaches(one, two, v6), $"{backend}, v6: {v6}");
                Assert.True(reach == FirewallLab.Reaches(two, one, v6), $"{backend}, v6: {v6}");
                Assert.True(lab.ReachesRemote(one, v6) && lab.ReachesRemote(two, v6));
                Assert.True(lab.RemoteReaches(one, v6) && lab.RemoteReaches(two, v6)); // the world outside has no policy
            }
        }
    }

    [Theory]
    [InlineData("open", 1, true)]
    [InlineData("same-bridge", 1, true)]
    [InlineData("isolated", 1, false)]
    [InlineData("isolated", 0, true)] // frames that stay on a bridge are not seen by anybody's FORWARD then; portIsolation is for that
    public void Pods_of_one_bridge_reach_each_other_unless_it_is_isolated(string policy, int callIptables, bool reach)
    {
        foreach (var backend in new[] { "nftables", "iptables" })
        {
            using var lab = new FirewallLab();
            foreach (var name in new[] { "iptables", "ip6tables" })
            {
                var setting = $"/proc/sys/net/bridge/bridge-nf-call-{name}";
                Assert.SkipUnless(File.Exists(setting), "kernel has no br_netfilter");
                lab.Host.InHost("sh", "-c", $"echo {callIptables} > {setting}");
            }

            var one = lab.Attach("net1", "c1", Options(policy, backend));
            var two = lab.Attach("net1", "c2", Options(policy, backend));
            foreach (var v6 in new[] { false, true })
                Assert.True(reach == FirewallLab.Reaches(one, two, v6), $"{backend}, v6: {v6}");
        }
    }

    [Fact]
    public void Of_two_policies_for_one_bridge_the_stricter_counts()
    {
        using var lab = new FirewallLab();
        lab.Host.InHost("sh", "-c", "echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables");
        var one = lab.Attach("net1", "c1", Options("same-bridge", "nftables"));
        var two = lab.Attach("net1", "c2", Options("same-bridge", "nftables"));
        Assert.True(FirewallLab.Reaches(one, two));
        lab.Attach("net1", "c3", Options("isolated", "nftables"));
        Assert.False(FirewallLab.Reaches(one, two));
    }

    [Fact]
    public void A_bridge_keeps_its_policy_while_a_pod_is_on_it_and_GC_ends_it_with_the_last()
    {
        using var lab = new FirewallLab();
        var pods = new[] { "c1", "c2", "c3" }.Select(id => lab.Attach(id == "c3" ? "net2" : "net1", id, Options("same-bridge", "nftables"))).ToArray();
        var conf = FirewallLab.Conf("net1", Options("same-bridge", "nftables"), "1.1.0");
        lab.Firewall.Gc(conf, ("c2", "eth0"));
        Assert.DoesNotContain(pods[0].V4, lab.Nft, StringComparison.Ordinal);
        Assert.Contains($"{pods[1].V4} comment", lab.Nft, StringComparison.Ordinal);
        Assert.Contains($"{pods[2].V4} comment", lab.Nft, StringComparison.Ordinal);
        Assert.False(FirewallLab.Reaches(pods[2], pods[1]));
        lab.Firewall.Gc(conf);
        Assert.DoesNotContain("net: net1", lab.Nft, StringComparison.Ordinal);
        Assert.Contains("\"br2\" comment", lab.Nft, StringComparison.Ordinal);
        Assert.Contains($"{pods[2].V4} comment", lab.Nft, StringComparison.Ordinal);
    }

    [Fact]
    public void GC_also_takes_the_rules_of_iptables()
    {
        using var lab = new FirewallLab();
        lab.DropForwarded();
        var (stale, valid) = (lab.Attach("net1", "stale"), lab.Attach("net1", "valid"));
        lab.Firewall.Gc(FirewallLab.Conf("net1", "", "1.1.0"), ("valid", "eth0"));
        Assert.DoesNotContain($"{stale.V4}/", lab.Iptables(), StringComparison.Ordinal);
        Assert.DoesNotContain($"{stale.V6}/", lab.Iptables(), StringComparison.Ordinal);
        lab.Check(valid);
        Assert.True(lab.ReachesRemote(valid) && !lab.ReachesRemote(stale));
    }

    [Theory]
    [InlineData("\"ingressPolicy\":\"closed\"", 999, "unknown ingress policy: \"closed\"")]
    [InlineData("\"backend\":5", 999, "failed to load netconf: ")]
    [InlineData("\"prevResult\":null", 999, "missing prevResult from earlier plugin")]
    [InlineData("\"cniVersion\":\"0.3.1\"", 1, "incompatible CNI versions")]
    [InlineData("\"ingressPolicy\":\"isolated\",\"prevResult\":{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.1.0.2/24\"}]}", 999,
        "interface needs to be set for ingress policy \"isolated\", make sure to chain \"firewall\" plugin with \"bridge\"")]
    [InlineData("\"ingressPolicy\":\"isolated\",\"prevResult\":{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"\"}],\"ips\":[{\"address\":\"10.1.0.2/24\"}]}", 999,
        "got empty bridge name")]
    [InlineData("\"ingressPolicy\":\"isolated\",\"prevResult\":{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"a-bridge-name-too-long\"}],\"ips\":[{\"address\":\"10.1.0.2/24\"}]}",
        999, "bridge \"a-bridge-name-too-long\" of prevResult: interface name is too long")]
    public void What_is_wrong_is_said_and_nothing_changed(string more, int code, string message)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var previous = more.Contains("prevResult", StringComparison.Ordinal) ? "" : ",\"prevResult\":{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.1.0.2/24\"}]}";
        var reply = CniCall.Error(new CniCall(host).Run("ADD", FirewallLab.Conf("net1", more + previous), "c1", pod));
        Assert.Equal(code, reply.Code);
        Assert.StartsWith(message, reply.Message, StringComparison.Ordinal);
        Assert.Equal("", host.InHost("nft", "list", "ruleset"));
    }

    [Fact]
    public void Without_the_right_to_do_it_one_error_says_so()
    {
        using var lab = new FirewallLab();
        var pod = lab.Plug("net1", "c1");
        var reply = lab.Firewall.Execute(
            ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", Path.Combine(CniCall.OurBin, "firewall")],
            System.Text.Encoding.UTF8.GetBytes(FirewallLab.Previous(pod)),
            lab.Firewall.VariablesFor("ADD", pod.Id, pod.Path));
        var (code, message, details) = CniCall.Error(reply);
        Assert.Equal((999, true), (code, message.Contains("operation not permitted", StringComparison.Ordinal)));
        Assert.Contains("EPERM", details, StringComparison.Ordinal);
        Assert.DoesNotContain("cni_plugins", lab.Nft, StringComparison.Ordinal);
    }

    private static string Options(string policy, string backend) => $"\"ingressPolicy\":\"{policy}\",\"backend\":\"{backend}\"";
}
