using System.Diagnostics;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>firewall with firewalld, Debian's, which says itself what is in its zones.</summary>
public sealed class FirewalldTests
{
    private const string Asked = "\"backend\":\"firewalld\"";

    [Theory]
    [InlineData(Asked)]
    [InlineData("")]
    public void A_pod_is_in_the_zone_from_ADD_to_DEL_and_a_reload_that_forgets_it_is_found(string more)
    {
        using var lab = new FirewallLab();
        using var firewalld = new FirewalldHost(lab);
        var pod = lab.Plug("net1", "c1");
        Assert.False(lab.ReachesRemote(pod));
        firewalld.Command("--zone=external", "--add-interface=up0");
        Assert.False(lab.ReachesRemote(pod));
        Assert.Empty(firewalld.Sources());

        lab.Add(pod, more);
        Assert.Equal([$"{pod.V4}/32", $"{pod.V6}/128"], firewalld.Sources());
        Assert.True(lab.ReachesRemote(pod) && lab.ReachesRemote(pod, v6: true));
        lab.Check(pod, more);
        Assert.Equal(more.Length == 0, lab.Nft.Contains("id: c1", StringComparison.Ordinal));

        firewalld.Command("--reload");
        Assert.Empty(firewalld.Sources());
        var (code, message, details) = CniCall.Error(lab.Firewall.TryCheck(FirewallLab.Conf("net1", more), pod.Result, "c1", pod.Path));
        Assert.Equal((999, $"failed to find the address {pod.V4} in trusted zone", "cnitool repair puts it back"), (code, message, details));
        lab.Add(pod, more);
        lab.Add(pod, more);
        lab.Check(pod, more);
        lab.Del(pod, more);
        lab.Del(pod, more);
        Assert.Empty(firewalld.Sources());
        Assert.DoesNotContain("id: c1", lab.Nft, StringComparison.Ordinal);
    }

    [Fact]
    public void DEL_without_a_result_and_GC_find_the_pods_sources_and_leave_the_administrators()
    {
        using var lab = new FirewallLab();
        using var firewalld = new FirewalldHost(lab);
        firewalld.Command("--zone=trusted", "--add-source=192.0.2.0/24");
        var (one, two, three) = (lab.Attach("net1", "c1"), lab.Attach("net1", "c2"), lab.Attach("net1", "c3"));
        Assert.Equal(7, firewalld.Sources().Length);
        lab.Firewall.Del(FirewallLab.Conf("net1"), "c1", one.Path);
        Assert.DoesNotContain($"{one.V4}/32", firewalld.Sources());
        lab.Firewall.Gc(FirewallLab.Conf("net1", version: "1.1.0"), ("c3", "eth0"));
        Assert.DoesNotContain($"{two.V6}/128", firewalld.Sources());
        Assert.Equal([$"{three.V4}/32", "192.0.2.0/24", $"{three.V6}/128"], firewalld.Sources());
    }

    [Fact]
    public void What_Debians_plugin_or_ours_admitted_the_other_checks_and_takes_out()
    {
        using var lab = new FirewallLab();
        using var firewalld = new FirewalldHost(lab);
        var upstream = new CniCall(lab.Host, CniCall.UpstreamBin) { Variables = lab.Firewall.Variables };
        var ours = lab.Firewall;
        foreach (var (first, second, more) in new[] { (upstream, ours, Asked), (ours, upstream, Asked), (upstream, ours, "") })
        {
            lab.Firewall = first;
            var pod = lab.Attach("net1", $"c{(more.Length == 0 ? 3 : first == ours ? 2 : 1)}", more);
            Assert.Equal(2, firewalld.Sources().Length);
            lab.Firewall = second;
            lab.Check(pod, more);
            lab.Del(pod, more);
            Assert.Empty(firewalld.Sources());
        }
    }

    [Fact]
    public void A_policy_is_ours_beside_firewalld_for_it_has_none()
    {
        using var lab = new FirewallLab();
        using var firewalld = new FirewalldHost(lab);
        const string isolated = $"{Asked},\"ingressPolicy\":\"isolated\"";
        var (one, two) = (lab.Attach("net1", "c1", isolated), lab.Attach("net1", "c2", isolated));
        lab.Check(one, isolated);
        var (other, open) = (lab.Attach("net2", "c3", isolated), lab.Attach("net3", "c4", Asked));
        Assert.False(FirewallLab.Reaches(other, two));
        Assert.True(FirewallLab.Reaches(other, open));
        lab.Del(one, isolated);
        Assert.Equal(6, firewalld.Sources().Length);
    }

    [Fact]
    public void A_zone_that_is_not_there_or_another_one_that_has_the_address_is_named_and_nothing_stays()
    {
        using var lab = new FirewallLab();
        using var firewalld = new FirewalldHost(lab);
        var pod = lab.Plug("net1", "c1");
        var (code, message, _) = CniCall.Error(lab.TryAdd(pod, "\"firewalldZone\":\"nowhere\""));
        Assert.Equal((999, $"failed to add the address {pod.V4}/32 to nowhere zone: INVALID_ZONE: nowhere"), (code, message));
        firewalld.Command("--zone=public", $"--add-source={pod.V6}/128");
        (code, message, _) = CniCall.Error(lab.TryAdd(pod));
        Assert.StartsWith($"failed to add the address {pod.V6}/128 to trusted zone: ZONE_CONFLICT: ", message, StringComparison.Ordinal);
        Assert.Empty(firewalld.Sources());
        Assert.DoesNotContain("id: c1", lab.Nft, StringComparison.Ordinal);
        lab.Del(pod, "\"firewalldZone\":\"nowhere\"");
        lab.Del(pod);
        Assert.Equal([$"{pod.V6}/128"], firewalld.Sources("public"));
    }

    [Fact]
    public void A_firewalld_that_is_away_or_does_not_answer_is_an_error_where_it_was_asked_for_and_no_obstacle_else()
    {
        using var lab = new FirewallLab();
        using var firewalld = new FirewalldHost(lab);
        var pod = lab.Attach("net1", "c1", Asked);
        Assert.Equal(0, lab.Firewall.Status(FirewallLab.Conf("net1", Asked, "1.1.0")).ExitCode);

        firewalld.FreezeFirewalld();
        var started = Stopwatch.GetTimestamp();
        var (code, message, _) = CniCall.Error(lab.TryAdd(pod, Asked));
        Assert.Equal((11, "firewalld has not answered addSource within 20 s"), (code, message));
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 15, 55);

        firewalld.StopFirewalld();
        ExpectAway("nobody owns org.fedoraproject.FirewallD1 on the system bus: firewalld does not run");
        firewalld.StopBus();
        ExpectAway("failed to connect to the system bus: ");

        void ExpectAway(string expected)
        {
            (code, message, _) = CniCall.Error(lab.TryAdd(pod, Asked));
            Assert.Equal(11, code);
            Assert.StartsWith(expected, message, StringComparison.Ordinal);
            (code, message, _) = CniCall.Error(lab.Firewall.Status(FirewallLab.Conf("net1", Asked, "1.1.0")));
            Assert.Equal((50, "firewall: firewalld does not run"), (code, message));
            lab.Add(pod);
            lab.Check(pod);
            lab.Del(pod);
            lab.Del(pod, Asked);
        }
    }
}
