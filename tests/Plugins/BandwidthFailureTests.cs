using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>bandwidth: what cannot be done is refused by name and changes nothing; what a dead ADD has left is in nobody's way.</summary>
public sealed class BandwidthFailureTests
{
    [Theory]
    [InlineData("\"ingressRate\":1000000", "if rate is set, burst must also be set", "ingressRate 1000000 bit/s, ingressBurst 0 bits")]
    [InlineData("\"egressRate\":1000000,\"egressBurst\":0", "if rate is set, burst must also be set", "egressRate 1000000 bit/s")]
    [InlineData("\"ingressBurst\":1000000", "if burst is set, rate must also be set", "ingressBurst 1000000 bits")]
    [InlineData("\"egressRate\":0,\"egressBurst\":1000000", "if burst is set, rate must also be set", "egressRate 0")]
    [InlineData("\"ingressRate\":-1,\"ingressBurst\":8", "failed to parse network configuration: json: cannot unmarshal number -1 into Go struct field .ingressRate of type uint64", "whole bits in a second")]
    [InlineData("\"ingressRate\":1.5,\"ingressBurst\":8", "failed to parse network configuration: json: cannot unmarshal number 1.5 into", "")]
    [InlineData("\"ingressRate\":18446744073709551616,\"ingressBurst\":8", "failed to parse network configuration: json: cannot unmarshal number 18446744073709551616 into", "")]
    [InlineData("\"ingressRate\":\"1M\",\"ingressBurst\":8", "failed to parse network configuration: json: cannot unmarshal string into", "")]
    [InlineData("\"egressRate\":1000000,\"egressBurst\":34359738360", "burst cannot be more than 4GB", "at most 34359738351 bits")]
    [InlineData("\"ingressRate\":7,\"ingressBurst\":1000", "ingressRate 7 is less than a byte in a second", "")]
    [InlineData("\"ingressRate\":40,\"ingressBurst\":219902400", "ingressBurst does not fit ingressRate: the kernel has 32 bits for it, and no packet of 1500 bytes would pass", "a smaller burst will do")]
    [InlineData("\"runtimeConfig\":{\"bandwidth\":{\"egressRate\":1000000}}", "if rate is set, burst must also be set", "egressRate 1000000 bit/s")]
    [InlineData("\"runtimeConfig\":{\"bandwidth\":5}", "failed to parse network configuration: json: cannot unmarshal number into", "")]
    public void Bad_limits_are_refused_and_nothing_is_changed(string limits, string expected, string details)
    {
        using var pod = new LimitedPod();
        var before = pod.Everything;
        var both = limits.Contains("runtimeConfig", StringComparison.Ordinal) || limits.Contains("egress", StringComparison.Ordinal)
            ? limits : $"{limits},\"egressRate\":1000000,\"egressBurst\":1000000";
        var error = CniCall.Error(pod.Ours.Run("ADD", pod.Config(both), "c1", pod.Pod));
        Assert.Equal(999, error.Code);
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(details, error.Details, StringComparison.Ordinal);
        Assert.Equal(before, pod.Everything);
        pod.Ours.Del(pod.Config(both), "c1", pod.Pod);
    }

    [Theory]
    [InlineData("no prevResult", "must be called as chained plugin")]
    [InlineData("no interfaces", "no interfaces provided")]
    [InlineData("no such interface", "container interface eth9 has no veth peer: could not look up \"eth9\": Link not found")]
    [InlineData("no veth", "container interface br5 has no veth peer: interface \"br5\" was not a veth interface")]
    [InlineData("both ends in the pod", "veth peer with index ")]
    [InlineData("peer not in the result", "no veth peer of container interface found in host ns")]
    [InlineData("netns gone", "failed to open netns \"/run/netns/gone\": ")]
    [InlineData("somebody's qdisc at the root", "create qdisc: file exists")]
    [InlineData("somebody's clsact", "create ingress qdisc: file exists")]
    [InlineData("somebody's filter", "create ingress qdisc: file exists")]
    [InlineData("name of the ifb taken", "adding link: file exists")]
    public void A_pod_that_cannot_be_limited_is_refused_and_nothing_is_changed(string what, string expected)
    {
        using var pod = new LimitedPod();
        var (conf, ifName, netns) = (pod.Config(), "eth0", pod.Pod);
        switch (what)
        {
            case "no prevResult":
                conf = $$"""{"cniVersion":"1.0.0","name":"net1","type":"bandwidth",{{LimitedPod.Limits}}}""";
                break;
            case "no interfaces":
                conf = $$"""{"cniVersion":"1.0.0","name":"net1","type":"bandwidth",{{LimitedPod.Limits}},"prevResult":{"cniVersion":"1.0.0","ips":[{"address":"10.1.0.2/24"}]} }""";
                break;
            case "no such interface":
                ifName = "eth9";
                break;
            case "no veth":
                Sandbox.PodIp(pod.Pod, "link add br5 address 02:00:00:00:00:05 type bridge");
                ifName = "br5";
                break;
            case "both ends in the pod":
                Sandbox.PodIp(pod.Pod, "link add eth5 type veth peer name eth6");
                ifName = "eth5";
                break;
            case "peer not in the result":
                conf = conf.Replace(pod.Veth, "veth0", StringComparison.Ordinal);
                break;
            case "netns gone":
                netns = "/run/netns/gone";
                break;
            case "somebody's qdisc at the root":
                pod.Host.InHost("tc", "qdisc", "add", "dev", pod.Veth, "root", "handle", "5:", "tbf", "rate", "1mbit", "burst", "10000", "latency", "25ms");
                break;
            case "somebody's clsact":
                pod.Host.InHost("tc", "qdisc", "add", "dev", pod.Veth, "clsact");
                break;
            case "somebody's filter":
                pod.Host.InHost("tc", "qdisc", "add", "dev", pod.Veth, "ingress");
                pod.Host.InHost("tc", "filter", "add", "dev", pod.Veth, "parent", "ffff:", "prio", "9", "protocol", "all", "u32", "match", "u32", "1", "1", "flowid", "1:5");
                break;
            case "name of the ifb taken":
                pod.Ours.Add(conf, "c1", pod.Pod);
                var ifb = pod.Ifbs[0];
                pod.Ours.Del(conf, "c1", pod.Pod);
                pod.Host.Ip($"link add {ifb} address 02:00:00:00:00:05 type bridge");
                break;
            default:
                Assert.Fail(what);
                break;
        }

        var before = pod.Everything;
        var error = CniCall.Error(pod.Ours.Run("ADD", conf, "c1", netns, ifName));
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(before, pod.Everything);
    }

    [Fact]
    public void An_ADD_that_fails_at_any_step_leaves_nothing()
    {
        Assert.SkipUnless(Tool.Exists("strace"), "there is no strace");
        using var pod = new LimitedPod();
        File.WriteAllText(Path.Combine(pod.Host.Directory, "conf"), pod.Config());
        var before = pod.Everything;
        for (var step = 1; ; step++)
        {
            var script = $"exec strace -f -qq -o /dev/null -e trace=sendto -e inject=sendto:error=ENOBUFS:when={step} {CniCall.OurBin}/bandwidth <{pod.Host.Directory}/conf";
            var reply = pod.Ours.Execute(["/bin/sh", "-c", script], [], pod.Ours.VariablesFor("ADD", "c1", pod.Pod));
            if (reply.ExitCode == 0)
            {
                Assert.True(step > 6, $"only {step - 1} steps");
                break;
            }

            Assert.Contains("no buffer space available", CniCall.Error(reply).Message, StringComparison.Ordinal);
            Assert.Equal(before, pod.Everything);
        }
    }

    [Theory]
    [InlineData("bare ifb")]
    [InlineData("ifb of another size")]
    [InlineData("everything of Debian's")]
    [InlineData("everything of ours, other limits")]
    [InlineData("a dead redirect")]
    [InlineData("an empty ingress qdisc")]
    public void What_a_dead_ADD_has_left_is_repaired(string what)
    {
        using var whole = new LimitedPod();
        whole.Ours.Add(whole.Config(), "c1", whole.Pod);
        using var pod = new LimitedPod();
        var name = whole.Ifbs[0];
        switch (what)
        {
            case "bare ifb":
                pod.Host.Ip($"link add {name} mtu 1500 type ifb");
                break;
            case "ifb of another size":
                pod.Host.Ip($"link add {name} mtu 9000 up type ifb");
                pod.Host.InHost("tc", "qdisc", "add", "dev", name, "root", "handle", "1:", "tbf", "rate", "9mbit", "burst", "10000", "latency", "25ms");
                break;
            case "everything of Debian's":
                pod.Upstream.Add(pod.Config(), "c1", pod.Pod);
                break;
            case "everything of ours, other limits":
                pod.Ours.Add(pod.Config(LimitedPod.Limits.Replace("1000000", "8000000", StringComparison.Ordinal)), "c1", pod.Pod);
                break;
            case "a dead redirect":
                pod.Ours.Add(pod.Config(), "c1", pod.Pod);
                pod.Host.Ip($"link del {name}");
                break;
            case "an empty ingress qdisc":
                pod.Host.InHost("tc", "qdisc", "add", "dev", pod.Veth, "ingress");
                break;
            default:
                Assert.Fail(what);
                break;
        }

        var result = pod.Ours.Add(pod.Config(), "c1", pod.Pod);
        Assert.Equal(whole.Traffic, pod.Traffic);
        pod.Ours.Check(pod.Config(), result, "c1", pod.Pod);
        pod.Upstream.Check(pod.Config(), result, "c1", pod.Pod);
        Assert.True(Sandbox.TryInPod(pod.Pod, "ping", "-c", "2", "-i", "0.1", "-W", "2", "10.1.0.1").ExitCode == 0);
        pod.Ours.Del(pod.Config(), "c1", pod.Pod);
        Assert.Empty(pod.Ifbs);
    }

    [Fact]
    public void Whenever_ADD_is_killed_DEL_takes_away_what_it_made()
    {
        using var pod = new LimitedPod();
        File.WriteAllText(Path.Combine(pod.Host.Directory, "conf"), pod.Config());
        for (var step = 1; step <= 12; step++)
        {
            var script = $"timeout -s KILL 0.00{step / 2}{step % 2 * 5} {CniCall.OurBin}/bandwidth <{pod.Host.Directory}/conf";
            pod.Ours.Execute(["/bin/sh", "-c", script], [], pod.Ours.VariablesFor("ADD", "c1", pod.Pod));
            if (step % 3 == 0)
                pod.Ours.Add(pod.Config(), "c1", pod.Pod); // the retry finds nothing in its way
            pod.Ours.Del(pod.Config(), "c1", "");
            Assert.Empty(pod.Ifbs);
        }

        pod.Ours.Del(pod.BridgeConfig, "c1", pod.Pod);
        Assert.DoesNotContain("tbf", pod.Host.InHost("tc", "qdisc"), StringComparison.Ordinal);
    }
}
