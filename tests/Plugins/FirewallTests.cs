using System.Text.Json;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>firewall: pods get through hosts that drop, nobody runs a program for it without need, and DEL leaves nothing.</summary>
public sealed class FirewallTests
{
    [Theory]
    [InlineData("iptables", "")]
    [InlineData("iptables", "\"backend\":\"iptables\"")]
    [InlineData("iptables-legacy", "")]
    public void Traffic_passes_where_iptables_drops_what_is_forwarded(string iptables, string more)
    {
        using var lab = new FirewallLab();
        RequireFlavour(lab, iptables);
        lab.DropForwarded(iptables);
        var (one, two) = (lab.Plug("net1", "c1"), lab.Plug("net2", "c2"));
        foreach (var v6 in new[] { false, true })
            Assert.False(FirewallLab.Reaches(one, two, v6) || lab.ReachesRemote(one, v6));

        lab.Add(one, more);
        foreach (var v6 in new[] { false, true })
        {
            Assert.True(FirewallLab.Reaches(one, two, v6));
            Assert.True(lab.ReachesRemote(one, v6));
            Assert.False(lab.RemoteReaches(one, v6)); // only answers come in
        }

        lab.Check(one, more);
        lab.Del(one, more);
        lab.Del(one, more);
        Assert.False(FirewallLab.Reaches(one, two) || FirewallLab.Reaches(one, two, v6: true));
        Assert.DoesNotContain("net: net1", lab.Nft, StringComparison.Ordinal);
        Assert.DoesNotContain(one.V4, lab.Iptables(iptables == "iptables" ? "" : "-legacy"), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_iptables_rules_no_program_is_run()
    {
        Assert.SkipUnless(Tool.Exists("strace"), "there is no strace");
        using var lab = new FirewallLab();
        var pod = lab.Plug("net1", "c1");
        Assert.Equal(1, Programs(lab, pod, "ADD"));
        Assert.Contains($"{pod.V4} comment", lab.Nft, StringComparison.Ordinal);
        Assert.Contains($"{pod.V6} comment", lab.Nft, StringComparison.Ordinal);
        Assert.Equal(1, Programs(lab, pod, "CHECK"));
        Assert.Equal(1, Programs(lab, pod, "DEL"));
        Assert.DoesNotContain("net: net1", lab.Nft, StringComparison.Ordinal);

        lab.DropForwarded();
        lab.Attach("net1", "c2");
        Assert.Equal(5, Programs(lab, pod, "ADD")); // itself, and save and restore of each family
        Assert.Equal(1, Programs(lab, pod, "DEL")); // iptables-nft's rules are objects of nf_tables
        Assert.DoesNotContain(pod.V4, lab.Iptables(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.4.0")]
    [InlineData("1.0.0")]
    [InlineData("1.1.0")]
    public void The_result_is_the_one_of_the_plugin_before(string version)
    {
        using var lab = new FirewallLab();
        var pod = lab.Plug("net1", "c1", version);
        var conf = CniCall.WithPrevious(FirewallLab.Conf("net1", "", version), pod.Result);
        var result = lab.Firewall.Add(conf, "c1", pod.Path);
        Assert.Equal(version, result.GetProperty("cniVersion").GetString());
        Assert.Equal($"{pod.V4}/24", result.GetProperty("ips")[0].GetProperty("address").GetString());
        Assert.Equal(3, result.GetProperty("interfaces").GetArrayLength());
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void What_one_implementation_adds_the_other_checks_and_deletes(bool oursFirst, bool drops)
    {
        const string iptables = "\"backend\":\"iptables\"";
        using var lab = new FirewallLab();
        if (drops)
            lab.DropForwarded();
        var (ours, theirs) = (lab.Firewall, new CniCall(lab.Host, CniCall.UpstreamBin));
        var pod = lab.Plug("net1", "c1");
        lab.Firewall = oursFirst ? ours : theirs;
        lab.Add(pod, iptables);
        Assert.Contains($"-s {pod.V4}/32 -j ACCEPT", lab.Iptables(), StringComparison.Ordinal);
        lab.Firewall = oursFirst ? theirs : ours;
        lab.Check(pod, iptables);
        if (!oursFirst)
            lab.Check(pod); // the default configuration sees what upstream made, too
        lab.Del(pod, oursFirst ? iptables : "");
        Assert.DoesNotContain(pod.V4, lab.Iptables(), StringComparison.Ordinal);
        Assert.DoesNotContain(pod.V6, lab.Iptables(), StringComparison.Ordinal);
        Assert.DoesNotContain("net: net1", lab.Nft, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_implementations_write_the_same_into_iptables()
    {
        string Saved(string? bin)
        {
            using var lab = new FirewallLab(bin);
            lab.Add(lab.Plug("net1", "c1"), "\"backend\":\"iptables\",\"ingressPolicy\":\"same-bridge\",\"iptablesAdminChainName\":\"MY-ADMIN\"");
            return string.Join('\n', lab.Iptables().Split('\n').Where(line => line.StartsWith('-') || line.StartsWith(':')).Select(line => line.Split(" [")[0]).Order());
        }

        // 1.1.1 had one comment for all rules of the policy.
        var ours = Saved(null).Replace("(ingressPolicy: same-bridge|isolated)", "(ingressPolicy: same-bridge)", StringComparison.Ordinal);
        Assert.Equal(Saved(CniCall.UpstreamBin), ours);
    }

    [Fact]
    public void DEL_needs_no_result_and_spares_who_has_the_address_now()
    {
        using var lab = new FirewallLab();
        lab.DropForwarded();
        var dead = lab.Attach("net1", "dead");
        lab.Firewall.Del(FirewallLab.Conf("net1"), "dead", dead.Path);
        Assert.DoesNotContain("net: net1", lab.Nft, StringComparison.Ordinal);
        Assert.DoesNotContain(dead.V4, lab.Iptables(), StringComparison.Ordinal);

        lab.Add(dead);
        var live = dead with { Id = "live" };
        lab.Add(live); // the address was given to another
        lab.Del(dead);
        lab.Check(live);
        Assert.Contains($"-s {live.V4}/32 -j ACCEPT", lab.Iptables(), StringComparison.Ordinal);
        lab.Del(live);
        Assert.DoesNotContain("net: net1", lab.Nft, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_ADD_leaves_nothing()
    {
        using var lab = new FirewallLab();
        lab.DropForwarded();
        var pod = lab.Plug("net1", "c1");
        var before = lab.Iptables();
        var (code, message, _) = CniCall.Error(lab.TryAdd(pod, "\"iptablesAdminChainName\":\"A-NAME-THAT-IS-LONGER-THAN-THE-KERNEL-ALLOWS\""));
        Assert.Equal(999, code);
        Assert.Contains("running [", message, StringComparison.Ordinal);
        Assert.DoesNotContain("net: net1", lab.Nft, StringComparison.Ordinal);
        Assert.Equal(Rules(before), Rules(lab.Iptables()));
    }

    [Fact]
    public void CHECK_notices_what_is_gone_and_ADD_puts_the_rules_back()
    {
        using var lab = new FirewallLab();
        var pod = lab.Attach("net1", "c1", "\"ingressPolicy\":\"same-bridge\"");
        lab.Check(pod, "\"ingressPolicy\":\"same-bridge\"");
        lab.Host.InHost("nft", "delete", "element", "inet", "cni_plugins", "fw_pods4", $"{{ {pod.V4} }}");
        Assert.Contains($"expected element inet cni_plugins fw_pods4 {{ {pod.V4} }} not found", TryCheck(lab, pod), StringComparison.Ordinal);
        lab.Host.InHost("nft", "flush", "table", "inet", "cni_plugins");
        Assert.Contains("expected rule inet cni_plugins fw_rules ", TryCheck(lab, pod), StringComparison.Ordinal);
        Assert.Equal(51, CniCall.Error(lab.Firewall.Status(FirewallLab.Conf("net1", "", "1.1.0"))).Code);
        lab.Host.InHost("nft", "flush", "ruleset");
        lab.Add(pod, "\"ingressPolicy\":\"same-bridge\"");
        lab.Check(pod, "\"ingressPolicy\":\"same-bridge\"");
    }

    private static string TryCheck(FirewallLab lab, LabPod pod) =>
        CniCall.Error(lab.Firewall.TryCheck(FirewallLab.Conf("net1", "\"ingressPolicy\":\"same-bridge\""), pod.Result, pod.Id, pod.Path)).Message;

    private static string[] Rules(string saved) => [.. saved.Split('\n').Where(line => line.StartsWith("-A", StringComparison.Ordinal))];

    private static int Programs(FirewallLab lab, LabPod pod, string verb)
    {
        var trace = Path.Combine(lab.Host.Directory, "trace");
        var conf = FirewallLab.Previous(pod);
        var reply = lab.Firewall.Execute(
            ["strace", "-f", "-e", "trace=execve", "-o", trace, Path.Combine(CniCall.OurBin, "firewall")],
            JsonSerializer.SerializeToUtf8Bytes(JsonDocument.Parse(conf).RootElement),
            lab.Firewall.VariablesFor(verb, pod.Id, pod.Path));
        Assert.True(reply.ExitCode == 0, reply.Output + reply.Error);
        return File.ReadLines(trace).Count(line => line.Contains("execve(", StringComparison.Ordinal) && line.EndsWith(" = 0", StringComparison.Ordinal));
    }

    private static void RequireFlavour(FirewallLab lab, string iptables) => Assert.SkipUnless(
        Tool.Try("nsenter", $"--net={lab.Host.HostPath}", iptables, "-t", "filter", "-S").ExitCode == 0, $"{iptables} does not work on this kernel");
}
