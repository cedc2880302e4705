using System.Text.Json;
using CniPlugins.Tests.Support;
using CniPlugins.Traffic;

namespace CniPlugins.Tests.Plugins;

/// <summary>bandwidth: names, numbers and results as upstream's, judged by tc and by Debian's plugin beside it.</summary>
public sealed class BandwidthTests
{
    [Fact]
    public void Tc_shows_what_it_shows_of_Debians()
    {
        using var ours = new LimitedPod();
        using var theirs = new LimitedPod();
        var result = ours.Ours.Add(ours.Config(), "c1", ours.Pod);
        var expected = theirs.Upstream.Add(theirs.Config(), "c1", theirs.Pod);
        Assert.Equal(theirs.Traffic, ours.Traffic);
        Assert.Contains("\"kind\":\"tbf\"", ours.Traffic, StringComparison.Ordinal);
        Assert.Equal(theirs.Ifbs, ours.Ifbs);
        Assert.Single(ours.Ifbs);

        var (ifb, theirIfb) = (ours.Host.IpJson($"link show {ours.Ifbs[0]}")[0], theirs.Host.IpJson($"link show {ours.Ifbs[0]}")[0]);
        foreach (var key in new[] { "mtu", "qdisc", "operstate", "flags" })
            Assert.Equal(theirIfb.GetProperty(key).ToString(), ifb.GetProperty(key).ToString());
        Assert.Contains("net: net1, if: eth0, id: c1", ifb.GetProperty("ifalias").GetString(), StringComparison.Ordinal);

        Assert.Equal(expected.GetProperty("interfaces").GetArrayLength(), result.GetProperty("interfaces").GetArrayLength());
        var last = result.GetProperty("interfaces")[3];
        Assert.Equal((ours.Ifbs[0], ifb.GetProperty("address").GetString()), (last.GetProperty("name").GetString(), last.GetProperty("mac").GetString()));
        Assert.False(last.TryGetProperty("sandbox", out _));
        Assert.Equal(expected.GetProperty("ips").GetArrayLength(), result.GetProperty("ips").GetArrayLength());
    }

    [Theory]
    [InlineData(1_000_000, 800_000, 125_000, 103_125, 12_500_000)]
    [InlineData(2_000_000, 1_600_000, 250_000, 206_250, 12_500_000)]
    [InlineData(123, 456, 15, 57, 59_375_000)]
    [InlineData(10_000_000_000, 8_000_000, 1_250_000_000, 32_250_000, 12_500)]
    [InlineData(80_000_000_000, 800_000_000, 10_000_000_000, 350_000_000, 156_250)]
    [InlineData(9, 8, 0, 0, 0)]
    public void The_kernels_numbers_are_Debians(ulong rate, ulong burst, long rateBytes, long limit, long buffer)
    {
        var limits = $"\"ingressRate\":{rate},\"ingressBurst\":{burst},\"egressRate\":{rate},\"egressBurst\":{burst}";
        using var ours = new LimitedPod();
        using var theirs = new LimitedPod();
        ours.Ours.Add(ours.Config(limits), "c1", ours.Pod);
        theirs.Upstream.Add(theirs.Config(limits), "c1", theirs.Pod);
        Assert.Equal(theirs.BucketOf(theirs.Veth), ours.BucketOf(ours.Veth));
        Assert.Equal(theirs.BucketOf(theirs.Ifbs[0]), ours.BucketOf(ours.Ifbs[0]));
        Assert.Equal(ours.BucketOf(ours.Veth), ours.BucketOf(ours.Ifbs[0]));
        if (rateBytes > 0)
            Assert.Equal(new TokenBucket((ulong)rateBytes, (uint)limit, (uint)buffer), ours.BucketOf(ours.Veth));
    }

    [Theory]
    [InlineData(1_000, 1_000_000, 125_003, uint.MaxValue)]
    [InlineData(1_000_000, 4_294_967_295, 536_874_036, uint.MaxValue)]
    [InlineData(100_000_000, 34_359_738_351, uint.MaxValue, uint.MaxValue)]
    public void A_burst_that_the_kernel_cannot_count_is_the_longest_that_it_can_and_CHECK_knows_upstreams_rest_too(ulong rate, ulong burst, long limit, long buffer)
    {
        var limits = $"\"ingressRate\":{rate},\"ingressBurst\":{burst},\"egressRate\":{rate},\"egressBurst\":{burst}";
        using var ours = new LimitedPod();
        using var theirs = new LimitedPod();
        var reply = ours.Ours.Run("ADD", ours.Config(limits), "c1", ours.Pod);
        Assert.Equal(0, reply.ExitCode);
        foreach (var key in new[] { "ingress", "egress" })
            Assert.Contains($"bandwidth: {key}Burst {burst} bits at {key}Rate {rate} bit/s is more than the kernel can count", reply.Error, StringComparison.Ordinal);
        Assert.Equal(new TokenBucket(rate / 8, (uint)limit, (uint)buffer), ours.BucketOf(ours.Veth));
        Assert.Equal(ours.BucketOf(ours.Veth), ours.BucketOf(ours.Ifbs[0]));
        ours.Ours.Check(ours.Config(limits), JsonDocument.Parse(reply.Output).RootElement, "c1", ours.Pod);
        var result = theirs.Upstream.Add(theirs.Config(limits), "c1", theirs.Pod);
        theirs.Ours.Check(theirs.Config(limits), result, "c1", theirs.Pod);
    }

    [Theory]
    [InlineData("ingress", true, false)]
    [InlineData("egress", false, true)]
    public void One_direction_alone_is_limited_alone(string key, bool atVeth, bool byIfb)
    {
        using var pod = new LimitedPod();
        var limits = $"\"{key}Rate\":1000000,\"{key}Burst\":800000";
        var result = pod.Ours.Add(pod.Config(limits), "c1", pod.Pod);
        Assert.Equal((atVeth, byIfb), (pod.BucketOf(pod.Veth) is not null, pod.Ifbs.Length == 1));
        Assert.Equal(byIfb ? 4 : 3, result.GetProperty("interfaces").GetArrayLength());
        pod.Ours.Check(pod.Config(limits), result, "c1", pod.Pod);
        pod.Upstream.Check(pod.Config(limits), result, "c1", pod.Pod);
    }

    [Fact]
    public void A_burst_without_end_becomes_one_that_the_rate_means_and_CHECK_knows_both()
    {
        using var ours = new LimitedPod();
        using var theirs = new LimitedPod();
        var limits = LimitedPod.Runtime($"\"ingressRate\":15000000,\"ingressBurst\":{LimitedPod.AnyBurst},\"egressRate\":10000,\"egressBurst\":2147483647");
        var result = ours.Ours.Add(ours.Config(limits), "c1", ours.Pod);
        Assert.Equal(new TokenBucket(1_875_000, 187_500 + 46_875, 1_562_500), ours.BucketOf(ours.Veth)); // 100 ms of it
        Assert.Equal(3036u + 31, ours.BucketOf(ours.Ifbs[0])!.Value.Limit); // two frames: 100 ms would be 125 bytes
        ours.Ours.Check(ours.Config(limits), result, "c1", ours.Pod);

        var theirResult = theirs.Upstream.Add(theirs.Config(limits), "c1", theirs.Pod);
        theirs.Ours.Check(theirs.Config(limits), theirResult, "c1", theirs.Pod);
        Assert.NotEqual(theirs.BucketOf(theirs.Veth), ours.BucketOf(ours.Veth));
        var narrower = limits.Replace("15000000", "16000000", StringComparison.Ordinal);
        Assert.Equal("Rate doesn't match", CniCall.Error(theirs.Ours.TryCheck(theirs.Config(narrower), theirResult, "c1", theirs.Pod)).Message);
    }

    [Fact]
    public void Limits_of_the_configuration_go_before_the_runtimes()
    {
        using var pod = new LimitedPod();
        var runtime = LimitedPod.Runtime("\"ingressRate\":8000000,\"ingressBurst\":8000000");
        pod.Ours.Add(pod.Config($"\"ingressRate\":1000000,\"ingressBurst\":800000,{runtime}"), "c1", pod.Pod);
        Assert.Equal(125_000ul, pod.BucketOf(pod.Veth)!.Value.Rate);
        Assert.Empty(pod.Ifbs);

        using var none = new LimitedPod();
        none.Ours.Add(none.Config($"\"egressRate\":0,{runtime}"), "c1", none.Pod);
        Assert.Null(none.BucketOf(none.Veth));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"ingressRate\":0,\"ingressBurst\":0,\"egressRate\":0,\"egressBurst\":0")]
    [InlineData("\"runtimeConfig\":{\"bandwidth\":null}")]
    [InlineData("\"runtimeConfig\":{\"bandwidth\":{}}")]
    public void A_pod_without_limits_is_handed_on_as_it_is(string limits)
    {
        using var pod = new LimitedPod();
        var before = pod.Everything;
        var result = pod.Ours.Add(pod.Config(limits), "c1", pod.Pod);
        Assert.Equal(pod.Connected.GetProperty("interfaces").GetRawText(), result.GetProperty("interfaces").GetRawText());
        Assert.Equal(before, pod.Everything);
        pod.Ours.Check(pod.Config(limits), result, "c1", pod.Pod);
        pod.Ours.Del(pod.Config(limits), "c1", pod.Pod);
    }

    [Theory]
    [InlineData("0.3.0", true)]
    [InlineData("0.3.1", true)]
    [InlineData("0.4.0", true)]
    [InlineData("1.1.0", true)]
    [InlineData("0.2.0", false)]
    public void It_speaks_every_version_from_0_3_0_on(string version, bool speaks)
    {
        using var host = new Sandbox();
        host.AddBridge();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var connected = cni.Add(Conf.Bridge(Conf.HostLocal(host, "[]", "10.1.0.0/24"), speaks ? version : "0.3.0"), "c1", pod);
        var reply = cni.Run("ADD", CniCall.WithPrevious($$"""{"cniVersion":"{{version}}","name":"net1","type":"bandwidth",{{LimitedPod.Limits}}}""", connected), "c1", pod);
        if (speaks)
            Assert.Equal(version, JsonDocument.Parse(reply.Output).RootElement.GetProperty("cniVersion").GetString());
        else
            Assert.Equal((1, "incompatible CNI versions"), (CniCall.Error(reply).Code, CniCall.Error(reply).Message));
    }

    [Fact]
    public void A_second_interface_of_a_container_is_refused_and_takes_nothing_from_the_first()
    {
        using var pod = new LimitedPod();
        pod.Ours.Add(pod.Config(), "c1", pod.Pod);
        var second = pod.Ours.Add(Conf.Bridge(Conf.HostLocal(pod.Host, "[]", "10.9.0.0/24")), "c1", pod.Pod, "eth1");
        var before = pod.Everything;
        var (_, message, details) = CniCall.Error(pod.Ours.Run("ADD", pod.Config(previous: second), "c1", pod.Pod, "eth1"));
        Assert.Equal("adding link: file exists", message);
        Assert.Contains("if: eth0, id: c1", details, StringComparison.Ordinal);
        Assert.Equal(before, pod.Everything);
        pod.Ours.Del(pod.Config(previous: second), "c1", pod.Pod, "eth1");
        Assert.Equal(before, pod.Everything);
        pod.Ours.Del(pod.Config(), "c1", pod.Pod);
        Assert.Empty(pod.Ifbs);
    }
}
