using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>A live node changes from the reference plugins to ours or back: what either made, the other checks and takes away.</summary>
public sealed class InteropTests
{
    [Theory]
    [InlineData("0.4.0", true)]
    [InlineData("0.4.0", false)]
    [InlineData("1.0.0", true)]
    [InlineData("1.0.0", false)]
    public void What_one_implementation_adds_the_other_checks_and_deletes(string version, bool oursFirst)
    {
        using var host = new Sandbox();
        host.AddBridge();
        host.Ip("addr add 10.1.0.1/24 dev br0");
        host.Ip("addr add fd00:1::1/64 dev br0 nodad");
        var pod = host.AddPod();
        var (first, second) = (new CniCall(host, oursFirst ? null : CniCall.UpstreamBin), new CniCall(host, oursFirst ? CniCall.UpstreamBin : null));
        var conf = Conf.Typical(host, version);
        var before = Snapshot.Of(host, pod);

        var result = first.Add(conf, "c1", pod);
        second.Check(conf, result, "c1", pod);
        second.Del(conf, "c1", pod);
        second.Del(conf, "c1", pod);

        Snapshot.ShouldBecome(before, host, pod);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Pods_of_both_implementations_share_a_bridge_and_its_addresses(bool oursFirst)
    {
        using var host = new Sandbox();
        var (one, two) = (host.AddPod(), host.AddPod());
        var (first, second) = (new CniCall(host, oursFirst ? null : CniCall.UpstreamBin), new CniCall(host, oursFirst ? CniCall.UpstreamBin : null));
        first.Add(Conf.Typical(host), "c1", one);
        second.Add(Conf.Typical(host), "c2", two);
        Assert.Equal(["10.1.0.2", "10.1.0.3", "fd00:1::2", "fd00:1::3"], Conf.Leases(host));
        foreach (var target in new[] { "10.1.0.2", "fd00:1::2", "10.1.0.1", "fd00:1::1" })
            Assert.Equal(0, Sandbox.TryInPod(two, "ping", "-c1", "-W3", target).ExitCode);
    }

    [Fact]
    public void Loopback_of_either_is_taken_by_the_other()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        const string conf = """{"cniVersion":"1.0.0","name":"lo","type":"loopback"}""";
        var (ours, theirs) = (new CniCall(host), new CniCall(host, CniCall.UpstreamBin));
        theirs.Check(conf, ours.Add(conf, "c1", pod, "lo"), "c1", pod, "lo");
        ours.Check(conf, theirs.Add(conf, "c1", pod, "lo"), "c1", pod, "lo");
        theirs.Del(conf, "c1", pod, "lo");
    }
}
