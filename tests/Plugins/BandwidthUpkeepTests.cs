using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>bandwidth: CHECK, DEL, GC and STATUS, and pods that change hands between upstream's plugin and ours.</summary>
public sealed class BandwidthUpkeepTests
{
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void What_one_added_the_other_checks_and_deletes_and_nothing_is_left(bool oursAdds, bool oursDeletes)
    {
        using var pod = new LimitedPod(oursAdds ? null : CniCall.UpstreamBin);
        var (adder, other) = (oursAdds ? pod.Ours : pod.Upstream, oursDeletes ? pod.Ours : pod.Upstream);
        var result = adder.Add(pod.Config(), "c1", pod.Pod);
        adder.Check(pod.Config(), result, "c1", pod.Pod);
        other.Check(pod.Config(), result, "c1", pod.Pod);
        other.Del(pod.Config(previous: result), "c1", pod.Pod);
        other.Del(pod.Config(previous: result), "c1", pod.Pod);
        Assert.Empty(pod.Ifbs);
        other.Del(pod.BridgeConfig, "c1", pod.Pod);
        Assert.DoesNotContain("tbf", pod.Host.InHost("tc", "qdisc"), StringComparison.Ordinal);
        Assert.DoesNotContain("ingress", pod.Host.InHost("tc", "qdisc"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no netns")]
    [InlineData("no prevResult")]
    [InlineData("netns gone")]
    [InlineData("limits that have become invalid")]
    [InlineData("a result that nobody can read")]
    [InlineData("pod already gone")]
    public void DEL_needs_little_and_twice_is_no_error(string what)
    {
        using var pod = new LimitedPod();
        pod.Ours.Add(pod.Config(), "c1", pod.Pod);
        var (conf, netns) = (pod.Config(), pod.Pod);
        switch (what)
        {
            case "no netns":
                netns = "";
                break;
            case "no prevResult":
                conf = """{"cniVersion":"1.0.0","name":"net1","type":"bandwidth"}""";
                break;
            case "netns gone":
                netns = "/run/netns/gone";
                break;
            case "limits that have become invalid":
                conf = pod.Config("\"ingressRate\":-5,\"egressBurst\":7");
                break;
            case "a result that nobody can read":
                conf = """{"cniVersion":"1.0.0","name":"net1","type":"bandwidth","prevResult":{"cniVersion":"9.9.9"} }""";
                break;
            case "pod already gone":
                pod.Host.RemovePod(netns);
                break;
            default:
                Assert.Fail(what);
                break;
        }

        for (var i = 0; i < 2; i++)
            pod.Ours.Del(conf, "c1", netns);
        Assert.Empty(pod.Ifbs);
    }

    [Theory]
    [InlineData("qdisc del dev VETH root", "Failed to find qdisc")]
    [InlineData("qdisc del dev IFB root", "Failed to find qdisc")]
    [InlineData("qdisc replace dev VETH root handle 1: tbf rate 2mbit burst 100000 latency 25ms", "Rate doesn't match")]
    [InlineData("qdisc replace dev IFB root handle 1: tbf rate 2mbit burst 200000 limit 5000", "Limit doesn't match")]
    [InlineData("qdisc replace dev IFB root handle 1: tbf rate 2mbit burst 100000 limit 206250", "Buffer doesn't match")]
    [InlineData("qdisc del dev VETH ingress", "Failed to find filter")]
    public void CHECK_names_what_is_gone_and_repair_puts_it_back_once(string damage, string expected)
    {
        using var pod = new LimitedPod();
        var result = pod.Ours.Add(pod.Config(), "c1", pod.Pod);
        var whole = pod.Everything;
        var command = damage.Replace("VETH", pod.Veth, StringComparison.Ordinal).Replace("IFB", pod.Ifbs[0], StringComparison.Ordinal);
        pod.Host.InHost("tc", command.Split(' '));
        Assert.Equal(expected, CniCall.Error(pod.Ours.TryCheck(pod.Config(), result, "c1", pod.Pod)).Message);
        Repair();
        Assert.Equal(whole, pod.Everything);
        Repair();
        Assert.Equal(whole, pod.Everything);
        pod.Ours.Check(pod.Config(), result, "c1", pod.Pod);

        void Repair()
        {
            var reply = pod.Ours.Run("REPAIR", pod.Config(previous: result), "c1", pod.Pod);
            Assert.True(reply.ExitCode == 0 && reply.Output.Length == 0, reply.Output);
        }
    }

    [Fact]
    public void An_ifb_that_is_gone_fails_CHECK_and_comes_back_by_repair()
    {
        using var pod = new LimitedPod();
        var result = pod.Ours.Add(pod.Config(), "c1", pod.Pod);
        pod.Host.Ip($"link del {pod.Ifbs[0]}");
        Assert.Equal("get ifb device: Link not found", CniCall.Error(pod.Ours.TryCheck(pod.Config(), result, "c1", pod.Pod)).Message);
        Assert.Equal(0, pod.Ours.Run("REPAIR", pod.Config(previous: result), "c1", pod.Pod).ExitCode);
        pod.Ours.Check(pod.Config(), result, "c1", pod.Pod);
        pod.Upstream.Check(pod.Config(), result, "c1", pod.Pod);
        Assert.True(Sandbox.TryInPod(pod.Pod, "ping", "-c", "2", "-i", "0.1", "-W", "2", "10.1.0.1").ExitCode == 0);
    }

    [Fact]
    public void Upstreams_hierarchical_buckets_of_1_5_pass()
    {
        using var pod = new LimitedPod();
        var result = pod.Ours.Add(pod.Config(), "c1", pod.Pod);
        pod.Host.InHost("tc", "qdisc", "del", "dev", pod.Veth, "root");
        pod.Host.InHost("tc", "qdisc", "add", "dev", pod.Veth, "root", "handle", "1:", "htb", "default", "30");
        pod.Ours.Check(pod.Config(), result, "c1", pod.Pod);
        pod.Ours.Add(pod.Config(), "c1", pod.Pod); // and an ADD puts ours in their place
        Assert.Equal(125_000ul, pod.BucketOf(pod.Veth)!.Value.Rate);
    }

    [Fact]
    public void GC_takes_the_ifbs_of_attachments_that_are_no_more_and_no_others()
    {
        using var pod = new LimitedPod();
        pod.Ours.Add(pod.Config(), "c1", pod.Pod);
        pod.Host.Ip("link add ifb7 type ifb");
        pod.Host.Ip("link add bwp0123456789ab type ifb"); // an ADD of upstream's on its way
        pod.Ours.Gc(Network("net2"));
        pod.Ours.Gc(Network(), ("c1", "eth0"), ("c2", "eth0"));
        Assert.Equal(2, pod.Ifbs.Length);
        var list = pod.Ours.Run("GC", Network(), "", "", "");
        Assert.Equal(0, list.ExitCode);
        Assert.Equal(2, pod.Ifbs.Length);
        pod.Ours.Gc(Network(), ("c1", "eth1"), ("c2", "eth0"));
        Assert.Equal(["bwp0123456789ab"], pod.Ifbs);
        pod.Host.Ip("link show ifb7");
    }

    [Fact]
    public void GC_knows_upstreams_ifbs_by_the_veth_that_leads_to_them()
    {
        using var pod = new LimitedPod();
        pod.Upstream.Add(pod.Config(), "c1", pod.Pod);
        pod.Ours.Gc(Network(), ("c1", "eth0"));
        pod.Ours.Gc(Network("net2"));
        Assert.Single(pod.Ifbs);
        pod.Ours.Gc(Network());
        Assert.Empty(pod.Ifbs);

        // Of a veth that says nothing of its owner it stays as long as the veth does.
        using var theirs = new LimitedPod(CniCall.UpstreamBin);
        theirs.Upstream.Add(theirs.Config(), "c1", theirs.Pod);
        theirs.Ours.Gc(Network());
        Assert.Single(theirs.Ifbs);
        theirs.Host.Ip($"link del {theirs.Veth}");
        theirs.Ours.Gc(Network(), ("c1", "eth0"));
        Assert.Single(theirs.Ifbs);
        theirs.Ours.Gc(Network());
        Assert.Empty(theirs.Ifbs);
    }

    [Fact]
    public void STATUS_tries_it_where_nobody_sees_it()
    {
        using var pod = new LimitedPod();
        var before = pod.Everything;
        var reply = pod.Ours.Status(Network());
        Assert.True(reply.ExitCode == 0, reply.Output);
        Assert.Equal(before, pod.Everything);
    }

    /// <summary>What GC and STATUS are given: the network without an attachment.</summary>
    private static string Network(string name = "net1") => $$"""{"cniVersion":"1.1.0","name":"{{name}}","type":"bandwidth"}""";
}
