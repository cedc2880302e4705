using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>Masquerade and host ports change hands with the rest: what either implementation made, the other takes away.</summary>
public sealed class PortInteropTests
{
    private static readonly string Ports = PortNetwork.Ports(8080);

    [Theory]
    [InlineData("", true)]
    [InlineData("", false)]
    [InlineData("iptables", true)]
    [InlineData("iptables", false)]
    public void What_debians_plugins_add_ours_delete_to_the_last_rule(string ourBackend, bool withNetns)
    {
        Assert.Equal(
            After(CniCall.UpstreamBin, "", CniCall.UpstreamBin, "", withNetns: true),
            After(CniCall.UpstreamBin, "", null, ourBackend, withNetns));
    }

    [Fact]
    public void What_ours_add_with_iptables_debians_plugins_delete_to_the_last_rule()
    {
        Assert.Equal(
            After(CniCall.UpstreamBin, "", CniCall.UpstreamBin, "", withNetns: true),
            After(null, "iptables", CniCall.UpstreamBin, "", withNetns: true));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_iptables_form_of_either_passes_the_others_check(bool oursFirst)
    {
        using var host = new Sandbox();
        host.AddBridge();
        var pod = host.AddPod();
        var (ours, theirs) = (new ChainCall(host), new ChainCall(host, CniCall.UpstreamBin));
        var conf = PortNetwork.Chain(host, "iptables");
        (oursFirst ? ours : theirs).Add(conf, "c1", pod, Ports);
        (oursFirst ? theirs : ours).Check(conf, "c1", pod, Ports);
    }

    /// <summary>The rules of a host after two pods came and the first went, by one implementation and the other.</summary>
    private static string After(string? adder, string addBackend, string? deleter, string delBackend, bool withNetns)
    {
        using var host = new Sandbox();
        host.AddBridge();
        var (pod, neighbour) = (host.AddPod(), host.AddPod());
        var runtime = new ChainCall(host, adder);
        runtime.Add(PortNetwork.Chain(host, addBackend), "c1", pod, Ports);
        runtime.Add(PortNetwork.Chain(host, addBackend), "c2", neighbour, PortNetwork.Ports(9090));
        Assert.NotEmpty(PortNetwork.OfPods(host));
        if (!withNetns)
            host.RemovePod(pod);

        var other = new ChainCall(host, deleter);
        other.Del(PortNetwork.Chain(host, delBackend), "c1", withNetns ? pod : "", Ports);
        var left = PortNetwork.Rules(host);
        other.Del(PortNetwork.Chain(host, delBackend), "c1", withNetns ? pod : "", Ports);
        Assert.Equal(left, PortNetwork.Rules(host));
        other.Del(PortNetwork.Chain(host, delBackend), "c2", neighbour, PortNetwork.Ports(9090));
        Assert.Empty(PortNetwork.OfPods(host));
        return left;
    }
}
