using System.Text;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>A node whose pods upstream's chain connected, with iptables, and ours disconnects.</summary>
public sealed class UpstreamLeftoverTests
{
    private const string Ports = """
        {"cniVersion":"1.0.0","name":"net1","type":"portmap","snat":true,
        "runtimeConfig":{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"},{"hostPort":8081,"containerPort":81,"protocol":"udp"}]}}
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Our_chain_leaves_of_upstreams_what_upstreams_own_leaves(bool legacy)
    {
        using var theirHost = new IptablesHost(legacy);
        using var ourHost = new IptablesHost(legacy);
        var (theirs, ours) = (theirHost.Call(upstream: true), ourHost.Call());
        var (theirPods, ourPods) = (AddTwo(theirHost), AddTwo(ourHost));
        Assert.Equal(theirHost.Saved(), ourHost.Saved());

        foreach (var i in new[] { 0, 1 })
        {
            Del(theirHost, theirs, i, theirPods[i]);
            Del(ourHost, ours, i, ourPods[i]);
            Assert.Equal(theirHost.Saved(), ourHost.Saved());
        }

        Assert.DoesNotContain(ourHost.Saved(), line => line.Contains("CNI-DN-", StringComparison.Ordinal) || line.Contains("id:", StringComparison.Ordinal));
        if (!legacy)
            Assert.Equal(theirHost.Host.InHost("nft", "-s", "list", "ruleset"), ourHost.Host.InHost("nft", "-s", "list", "ruleset"));
    }

    [Fact]
    public void What_upstream_left_in_nf_tables_goes_without_a_program()
    {
        Assert.SkipUnless(Tool.Exists("strace"), "there is no strace");
        using var host = new IptablesHost(legacy: false);
        AddTwo(host);
        var call = host.Call();
        foreach (var conf in new[] { Ports, Bridge(host) })
        {
            var trace = Path.Combine(host.Host.Directory, "trace");
            var type = conf.Contains("portmap", StringComparison.Ordinal) ? "portmap" : "bridge";
            var reply = call.Execute(
                ["strace", "-f", "-e", "trace=execve", "-o", trace, Path.Combine(call.Bin, type)],
                Encoding.UTF8.GetBytes(conf), call.VariablesFor("DEL", "c1", ""));
            Assert.True(reply.ExitCode == 0, reply.Output + reply.Error);
            Assert.Single(File.ReadAllLines(trace), line => line.Contains("execve(", StringComparison.Ordinal));
        }

        Assert.DoesNotContain(host.Saved(), line => line.Contains("c1", StringComparison.Ordinal));
        Assert.Contains(host.Saved(), line => line.Contains("c0", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("hostports tcp dport 8080")]
    [InlineData("masquerading ip saddr 127.0.0.1")]
    public void What_upstreams_nftables_backend_made_is_checked_as_upstream_does(string lost)
    {
        using var host = new Sandbox();
        var (pod, cni) = (host.AddPod(), new CniCall(host));
        var result = cni.Add(Conf.Bridge(Conf.HostLocal(host, "[]", "10.1.0.0/24")), "c1", pod);
        string[] rules =
        [
            "hostports tcp dport 8080 dnat to 10.1.0.2:80", "hostports udp dport 8081 dnat to 10.1.0.2:81",
            "masquerading ip saddr 10.1.0.2 ip daddr 10.1.0.2 masquerade", "masquerading ip saddr 127.0.0.1 ip daddr 10.1.0.2 masquerade",
        ];
        host.InHost("nft", "add table ip cni_hostport; add chain ip cni_hostport hostports { type nat hook prerouting priority -100; }; "
            + "add chain ip cni_hostport masquerading { type nat hook postrouting priority 100; }; "
            + string.Join("; ", rules.Where(rule => lost.Length == 0 || !rule.StartsWith(lost, StringComparison.Ordinal)).Select(rule => $"add rule ip cni_hostport {rule} comment \"c1\"")));

        var reply = cni.Run("CHECK", CniCall.WithPrevious(Ports, result), "c1", pod);
        if (lost.Length == 0)
            Assert.True(reply.ExitCode == 0, reply.Output);
        else
            Assert.Equal($"missing hostport rules in \"{lost.Split(' ')[0]}\" chain", CniCall.Error(reply).Message);
    }

    /// <summary>Two pods, c0 and c1, by upstream's bridge and portmap.</summary>
    private static string[] AddTwo(IptablesHost host)
    {
        var theirs = host.Call(upstream: true);
        string[] pods = [host.Host.AddPod(), host.Host.AddPod()];
        for (var i = 0; i < pods.Length; i++)
        {
            var result = theirs.Add(Bridge(host), $"c{i}", pods[i]);
            theirs.Add(CniCall.WithPrevious(Ports, result), $"c{i}", pods[i]);
        }

        return pods;
    }

    /// <summary>The chain backwards, without what ADD said.</summary>
    private static void Del(IptablesHost host, CniCall call, int i, string pod)
    {
        call.Del(Ports, $"c{i}", pod);
        call.Del(Bridge(host), $"c{i}", pod);
    }

    private static string Bridge(IptablesHost host) => Conf.Bridge("\"isGateway\":true,\"ipMasq\":true," + Conf.DualStack(host.Host));
}
