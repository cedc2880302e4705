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

    // The other way round there is nothing to see: Debian's portmap does not pass its own CHECK.
    [Theory]
    [InlineData("")]
    [InlineData("iptables")]
    public void What_debians_plugins_added_passes_our_check(string ourBackend)
    {
        using var host = new Sandbox();
        host.AddBridge();
        var pod = host.AddPod();
        new ChainCall(host, CniCall.UpstreamBin).Add(PortNetwork.Chain(host), "c1", pod, Ports);
        var (ours, conf) = (new ChainCall(host), PortNetwork.Chain(host, ourBackend));
        ours.Check(conf, "c1", pod, Ports);

        host.InHost("ip6tables", "-t", "nat", "-F", "CNI-HOSTPORT-DNAT");
        var broken = Assert.Throws<CniPlugins.Cni.CniException>(() => ours.Check(conf, "c1", pod, Ports));
        Assert.Contains("in chain CNI-HOSTPORT-DNAT not found in table nat", broken.Message, StringComparison.Ordinal);
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
        if (adder is null)
            host.InHost("nft", "delete", "table", "inet", "cni_plugins"); // what guards 127.0.0.0/8 is nobody's, and stays until install.sh --uninstall
        var left = PortNetwork.Rules(host);
        other.Del(PortNetwork.Chain(host, delBackend), "c1", withNetns ? pod : "", Ports);
        Assert.Equal(left, PortNetwork.Rules(host));
        other.Del(PortNetwork.Chain(host, delBackend), "c2", neighbour, PortNetwork.Ports(9090));
        Assert.Empty(PortNetwork.OfPods(host));
        return left;
    }
}
