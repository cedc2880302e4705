using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>An administrator's rules come before those of pods, whenever they are made and whatever FORWARD says.</summary>
public sealed class FirewallAdminTests : IDisposable
{
    private readonly FirewallLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData("CNI-ADMIN", "")]
    [InlineData("SITE", "\"iptablesAdminChainName\":\"SITE\"")]
    public void What_an_administrator_refuses_is_refused(string chain, string more)
    {
        Deny(chain);
        var pod = _lab.Attach("net1", "c1", more);
        Assert.False(_lab.ReachesRemote(pod));
        Assert.True(_lab.ReachesRemote(pod, v6: true));
        _lab.Check(pod, more);
        var second = _lab.Attach("net1", "c2", more);
        Assert.False(_lab.ReachesRemote(second));
        _lab.Del(pod, more);
        _lab.Del(second, more);
        Assert.DoesNotContain(pod.V4, _lab.Iptables(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_that_is_named_is_there_to_be_filled_later()
    {
        const string More = "\"iptablesAdminChainName\":\"SITE\"";
        var pod = _lab.Attach("net1", "c1", More);
        Assert.True(_lab.ReachesRemote(pod));
        _lab.Host.InHost("iptables", "-A", "SITE", "-d", "192.0.2.0/24", "-j", "REJECT");
        Assert.False(_lab.ReachesRemote(pod));
    }

    [Fact]
    public void A_chain_that_appears_later_is_named_by_STATUS_and_asked_from_the_next_ADD_on()
    {
        var pod = _lab.Attach("net1", "c1");
        Assert.Equal(0, Status().ExitCode);
        Deny("CNI-ADMIN");
        Assert.True(_lab.ReachesRemote(pod));
        var (code, message, _) = CniCall.Error(Status());
        Assert.Equal(51, code);
        Assert.Contains("CNI-FORWARD", message, StringComparison.Ordinal);
        _lab.Attach("net1", "c2");
        Assert.False(_lab.ReachesRemote(pod));
        Assert.Equal(0, Status().ExitCode);
    }

    /// <summary>Docker and ufw start when they start.</summary>
    [Theory]
    [InlineData("iptables")]
    [InlineData("iptables-legacy")]
    public void Pods_that_were_there_before_FORWARD_drops_are_admitted_by_the_next_ADD(string iptables)
    {
        Assert.SkipUnless(Tool.Exists(iptables), $"there is no {iptables}");
        var (one, two) = (_lab.Attach("net1", "c1"), _lab.Attach("net2", "c2"));
        _lab.DropForwarded(iptables);
        Assert.False(_lab.ReachesRemote(one));
        var (code, message, _) = CniCall.Error(Status());
        Assert.Equal(51, code);
        Assert.Contains("pods that were there before are not admitted", message, StringComparison.Ordinal);
        var three = _lab.Attach("net1", "c3");
        foreach (var pod in (LabPod[])[one, two, three])
        {
            Assert.True(_lab.ReachesRemote(pod) && _lab.ReachesRemote(pod, v6: true));
            _lab.Check(pod);
        }

        Assert.Equal(0, Status().ExitCode);
        foreach (var pod in (LabPod[])[one, two, three])
            _lab.Del(pod);
        Assert.DoesNotContain(one.V4, _lab.Iptables(iptables == "iptables" ? "" : "-legacy"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("inet")]
    [InlineData("ip")]
    public void A_chain_of_nft_that_drops_is_named_by_CHECK_and_STATUS_for_no_accept_overrules_it(string family)
    {
        var pod = _lab.Attach("net1", "c1");
        var nft = $"table {family} site {{ chain site_forward {{ type filter hook forward priority 0; policy drop; ct state established accept; }}; }}";
        _lab.Host.InHost("nft", nft);
        Assert.False(_lab.ReachesRemote(pod));
        var text = $"table {family} site chain site_forward drops forwarded traffic";
        Assert.Contains(text, CniCall.Error(_lab.Firewall.TryCheck(FirewallLab.Conf("net1"), pod.Result, "c1", pod.Path)).Message, StringComparison.Ordinal);
        var (code, message, _) = CniCall.Error(Status());
        Assert.Equal((51, $"firewall: {text}"), (code, message));
        _lab.Host.InHost("nft", "add", "rule", family, "site", "site_forward", "ip", "saddr", "10.1.1.0/24", "accept");
        Assert.True(_lab.ReachesRemote(pod));
        _lab.Check(pod);
        Assert.Equal(0, Status().ExitCode);
    }

    /// <summary>A network is removed, and another one uses its bridge's name.</summary>
    [Fact]
    public void A_bridge_does_not_inherit_the_isolation_of_pods_that_are_gone()
    {
        const string Isolated = "\"ingressPolicy\":\"isolated\"";
        var first = _lab.Attach("net1", "c1", Isolated);
        _lab.Attach("net1", "c2"); // while a pod counts on it, the policy stays
        Assert.Contains("elements = { \"br1\" . \"br1\"", _lab.Nft, StringComparison.Ordinal);
        _lab.Del(first, Isolated);
        var (one, two) = (_lab.Attach("net1", "c3"), _lab.Attach("net1", "c4"));
        Assert.DoesNotContain("elements = { \"br1\"", _lab.Nft, StringComparison.Ordinal);
        Assert.True(FirewallLab.Reaches(one, two));
    }

    private void Deny(string chain)
    {
        _lab.Host.InHost("iptables", "-N", chain);
        _lab.Host.InHost("iptables", "-A", chain, "-d", "192.0.2.0/24", "-j", "REJECT");
    }

    private ToolResult Status() => _lab.Firewall.Status(FirewallLab.Conf("net1", "", "1.1.0"));
}
