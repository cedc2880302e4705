using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>portmap's iptables backend beside upstream's: the same rules, and each takes away what the other made.</summary>
public sealed class PortmapIptablesTests
{
    private const string Mappings = """
        {"hostPort":8080,"containerPort":80,"protocol":"tcp"},{"hostPort":8081,"containerPort":81,"protocol":"udp","hostIP":"192.0.2.1"},
        {"hostPort":8082,"containerPort":82,"protocol":"tcp","hostIP":"2001:db8::1"},{"hostPort":8083,"containerPort":83,"protocol":"tcp","hostIP":"0.0.0.0"}
        """;

    public static TheoryData<string, bool> Configurations() => new MatrixTheoryData<string, bool>(
        [
            "", "\"snat\":false", "\"markMasqBit\":31", "\"externalSetMarkChain\":\"KUBE-MARK-MASQ\"",
            """ "conditionsV4":["!","-s","192.168.7.3/24","-m","comment","--comment","it's \"quoted\" \\ here"],"conditionsV6":["-s","fd77::/16"] """,
        ],
        [false, true]);

    [Theory]
    [MemberData(nameof(Configurations))]
    public void The_rules_are_upstreams_and_each_removes_the_others(string more, bool legacy)
    {
        using var theirHost = Prepare(legacy);
        using var ourHost = Prepare(legacy);
        var (pod, theirConf, ourConf) = (theirHost.Host.AddPod(), Configure(more), Configure(more, "iptables"));
        var (theirs, ours) = (theirHost.Call(upstream: true), ourHost.Call());

        theirs.Add(theirConf, "c1", pod);
        ours.Add(ourConf, "c1", pod);
        var saved = theirHost.Saved();
        Assert.Contains(saved, line => line.EndsWith("--to-destination 10.1.0.2:80", StringComparison.Ordinal));
        Assert.Equal(saved, ourHost.Saved());
        Assert.Equal(0, ours.Run("CHECK", ourConf, "c1", pod).ExitCode);
        Assert.Equal(0, theirHost.Call().Run("CHECK", ourConf, "c1", pod).ExitCode);
        ours.Add(ourConf, "c1", pod);
        Assert.Equal(saved, ourHost.Saved());

        // What upstream's DEL leaves of its own ADD is what both must leave of each other's.
        theirs.Del(theirConf, "c1", pod);
        var left = theirHost.Saved();
        Assert.DoesNotContain(left, line => line.Contains("CNI-DN-", StringComparison.Ordinal));
        ourHost.Call(upstream: true).Del(theirConf, "c1", pod);
        Assert.Equal(left, ourHost.Saved());

        theirs.Add(theirConf, "c1", pod);
        theirHost.Call().Del(Configure(more), "c1", pod);
        theirHost.Call().Del(Configure(more), "c1", pod);
        Assert.Equal(left, theirHost.Saved());
    }

    [Fact]
    public void With_masqAll_every_client_is_hidden()
    {
        using var host = Prepare(legacy: false);
        host.Call().Add(Configure("\"masqAll\":true", "iptables"), "c1", host.Host.AddPod());
        var marks = host.Saved().Where(line => line.EndsWith("-j CNI-HOSTPORT-SETMARK", StringComparison.Ordinal)).ToList();
        Assert.Equal(5, marks.Count);
        Assert.DoesNotContain(marks, line => line.Contains(" -s ", StringComparison.Ordinal));
    }

    [Fact]
    public void Thirty_five_ports_are_three_entries_as_upstreams()
    {
        using var theirHost = Prepare(legacy: false);
        using var ourHost = Prepare(legacy: false);
        var pod = theirHost.Host.AddPod();
        var ports = string.Join(',', Enumerable.Range(0, 35).Select(i => $$"""{"hostPort":{{9000 - i}},"containerPort":80,"protocol":"{{(i % 2 == 0 ? "udp" : "tcp")}}"}"""));
        theirHost.Call(upstream: true).Add(Configure("", mappings: ports), "c1", pod);
        ourHost.Call().Add(Configure("", "iptables", ports), "c1", pod);
        Assert.Equal(theirHost.Saved(), ourHost.Saved());
    }

    [Fact]
    public void Anothers_rules_and_networks_with_another_mark_stay()
    {
        using var host = Prepare(legacy: false);
        var (pod, ours) = (host.Host.AddPod(), host.Call());
        ours.Add(Configure("", "iptables"), "c1", pod);
        var before = host.Saved();
        ours.Add(Shifted(1, "\"markMasqBit\":5"), "c2", pod);
        Assert.Equal(2, host.Saved().Count(line => line.StartsWith("iptables -A CNI-HOSTPORT-SETMARK", StringComparison.Ordinal)));
        ours.Del(Shifted(1, "\"markMasqBit\":5"), "c2", pod);
        Assert.Empty(before.Except(host.Saved()));
        Assert.Equal(before.Length + 4, host.Saved().Length);
    }

    [Fact]
    public void Many_at_once_share_chains_that_are_there_once()
    {
        using var host = Prepare(legacy: false);
        var (pod, ours) = (host.Host.AddPod(), host.Call());
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => ours.Add(Shifted(i), $"c{i}", pod));
        var saved = host.Saved();
        Assert.Equal(saved.Length, saved.Distinct().Count());
        Assert.Equal(16, saved.Count(line => line.StartsWith("iptables -A CNI-HOSTPORT-DNAT", StringComparison.Ordinal)));
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => ours.Del(Shifted(i), $"c{i}", pod));
        Assert.DoesNotContain(host.Saved(), line => line.Contains("CNI-DN-", StringComparison.Ordinal));
    }

    [Fact]
    public void Upstreams_nft_rules_of_the_container_go()
    {
        using var host = Prepare(legacy: false);
        var file = Path.Combine(host.Host.Directory, "upstream.nft");
        foreach (var family in new[] { "ip", "ip6" })
        {
            File.WriteAllText(file, $$"""
                table {{family}} cni_hostport {
                    chain hostports { tcp dport 8080 counter comment "c1"; tcp dport 8081 counter comment "c10"; }
                    chain hostip_hostports { udp dport 8080 counter comment "c1"; }
                    chain masquerading { type nat hook postrouting priority 100; masquerade comment "c1"; }
                }
                """);
            host.Host.InHost("nft", "-f", file);
        }

        host.Call().Del(Configure(""), "c1", host.Host.AddPod());
        var left = host.Host.InHost("nft", "list", "ruleset");
        Assert.DoesNotContain("\"c1\"", left, StringComparison.Ordinal);
        Assert.Equal(3, left.Split("\"c10\"").Length);
    }

    [Fact]
    public void A_missing_rule_fails_check_by_name()
    {
        using var host = Prepare(legacy: false);
        var (pod, ours, conf) = (host.Host.AddPod(), host.Call(), Configure("", "iptables"));
        ours.Add(conf, "c1", pod);
        host.Host.InHost("ip6tables", "-t", "nat", "-F", "CNI-HOSTPORT-DNAT");
        var (code, message, _) = CniCall.Error(ours.Run("CHECK", conf, "c1", pod));
        Assert.Equal(999, code);
        Assert.StartsWith("could not check ipv6 dnat: rule [-p tcp -m comment", message, StringComparison.Ordinal);
        host.Host.InHost("nft", "flush", "ruleset");
        Assert.Contains("not found in iptables table nat", CniCall.Error(ours.Run("CHECK", conf, "c1", pod)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""["-m","a\nCOMMIT"]""", "must be one line")]
    [InlineData("""["-m","nosuchmatch"]""", "nosuchmatch")]
    [InlineData("""["-s","10.0.0.0/8","-j","DROP"]""", "exit status")]
    public void Conditions_that_iptables_cannot_take_change_nothing(string conditions, string word)
    {
        using var host = Prepare(legacy: false);
        var (pod, ours) = (host.Host.AddPod(), host.Call());
        var (code, message, _) = CniCall.Error(ours.Run("ADD", Configure($"\"conditionsV6\":{conditions}", "iptables"), "c1", pod));
        Assert.Equal(999, code);
        Assert.StartsWith("unable to setup DNAT: ", message, StringComparison.Ordinal);
        Assert.Contains(word, message, StringComparison.Ordinal);
        Assert.DoesNotContain(host.Saved(), line => line.Contains("CNI-DN-", StringComparison.Ordinal));
    }

    [Fact]
    public void A_missing_program_is_named_with_what_to_do()
    {
        using var host = Prepare(legacy: false);
        var call = host.Call();
        var pod = host.Host.AddPod();
        var reply = call.Execute(
            ["unshare", "-m", "sh", "-c", "mount -t tmpfs none /usr/sbin && exec \"$0\" portmap", Path.Combine(call.Bin, "cni-plugins")],
            System.Text.Encoding.UTF8.GetBytes(Configure("", "iptables")), call.VariablesFor("ADD", "c1", pod));
        var (_, message, details) = CniCall.Error(reply);
        Assert.Contains("failed to locate iptables: exec: \"iptables-save\"", message, StringComparison.Ordinal);
        Assert.Contains("install the package iptables", details, StringComparison.Ordinal);
    }

    [Fact]
    public void A_held_lock_of_legacy_iptables_is_not_waited_for_without_end()
    {
        using var host = Prepare(legacy: true);
        var call = host.Call();
        var lockFile = Path.Combine(host.Host.Directory, "xtables.lock");
        call.Variables["XTABLES_LOCKFILE"] = lockFile;
        using (Linux.FileLock.Take(lockFile, 0x180, TimeSpan.Zero))
        {
            var (code, message, _) = CniCall.Error(call.Run("ADD", Configure("", "iptables"), "c1", host.Host.AddPod()));
            Assert.Equal(11, code);
            Assert.Contains("xtables lock", message, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(host.Saved(), line => line.Contains("CNI-", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Del_runs_no_program_where_legacy_iptables_has_nothing_of_the_pods(bool legacyTable)
    {
        Assert.SkipUnless(Tool.Exists("strace"), "there is no strace");
        using var host = Prepare(legacyTable);
        var (pod, call, conf) = (host.Host.AddPod(), host.Call(), Configure(""));
        host.Call(upstream: true).Add(conf, "c2", pod);
        var trace = Path.Combine(host.Host.Directory, "trace");
        var reply = call.Execute(
            ["strace", "-f", "-e", "trace=execve", "-o", trace, Path.Combine(call.Bin, "portmap")],
            System.Text.Encoding.UTF8.GetBytes(conf), call.VariablesFor("DEL", "c1", pod));
        Assert.True(reply.ExitCode == 0, reply.Output + reply.Error);
        Assert.Single(File.ReadAllLines(trace), line => line.Contains("execve(", StringComparison.Ordinal));
    }

    private static IptablesHost Prepare(bool legacy)
    {
        var host = new IptablesHost(legacy);
        host.Host.AddBridge();
        host.Host.Ip("addr add 10.1.0.1/24 dev br0");
        foreach (var family in new[] { "iptables", "ip6tables" })
            host.Restore(family, "*nat\n:KUBE-MARK-MASQ - [0:0]\nCOMMIT\n");
        return host;
    }

    /// <summary>The same with other ports of the host: one port has one container.</summary>
    private static string Shifted(int containers, string more = "") =>
        Configure(more, "iptables").Replace("\"hostPort\":80", $"\"hostPort\":{80 + containers}", StringComparison.Ordinal);

    private static string Configure(string more, string? backend = null, string mappings = Mappings) =>
        $$"""
        {"cniVersion":"1.0.0","name":"net1","type":"portmap",{{(backend is null ? "" : $"\"backend\":\"{backend}\",")}}{{more}}{{(more.Length == 0 ? "" : ",")}}
        "runtimeConfig":{"portMappings":[{{mappings}}] },
        "prevResult":{"cniVersion":"1.0.0","interfaces":[{"name":"eth0","sandbox":"/run/netns/pod"}],
        "ips":[{"address":"10.1.0.2/24","interface":0},{"address":"fd00::2/64","interface":0}]} }
        """;
}
