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
            Assert.Equal(theirHost.Host.InHost("nft", "list", "ruleset"), ourHost.Host.InHost("nft", "list", "ruleset"));
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
