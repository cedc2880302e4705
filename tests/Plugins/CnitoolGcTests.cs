using System.Threading.Tasks;
using CniPlugins.Linux;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>cnitool gc, end to end: every plugin of the chain gives back what belongs to nobody, and nothing of anybody else's.</summary>
public sealed class CnitoolGcTests
{
    [Theory]
    [InlineData("a", "b", true)]
    [InlineData("b", "a", true)]
    [InlineData("a", "b", false)]
    [InlineData("b", "a", false)]
    public void Of_two_networks_that_share_all_directories_and_tables_only_one_is_collected(string collected, string other, bool isRemembered)
    {
        using var host = new Sandbox();
        var tool = new ToolCall(host);
        tool.Define("a", FullChain.Of(host, "a", "bridge", 50));
        tool.Define("b", FullChain.Of(host, "b", "ptp", 51));
        var pods = Enumerable.Range(0, 3).Select(_ => host.AddPod()).ToList();
        foreach (var (i, pod) in pods.Index())
        {
            Succeed(tool.Run("add", "a", pod, "eth0", 20_000 + (2 * i)));
            Succeed(tool.Run("add", "b", pod, "eth1", 20_001 + (2 * i)));
        }

        var before = Holdings.Of(host);
        Assert.Equal(6, before.Count);
        var ifName = collected == "a" ? "eth0" : "eth1";
        foreach (var pod in pods.Where(_ => !isRemembered))
            tool.Forget(collected, pod, ifName);
        host.RemovePod(pods[2]);
        Settle(host, held => !held.Values.Any(things => things.Contains("link", StringComparison.Ordinal)) || !held[$"{ToolCall.IdOf(pods[2])} eth0"].Contains("link a*2", StringComparison.Ordinal));

        Succeed(tool.Gc(collected, [$"{ToolCall.IdOf(pods[0])}/{ifName}"]));
        var after = Settle(host, held => held.Count == 4);
        Assert.Equal(before.Keys.Where(owner => owner.EndsWith(other == "a" ? "eth0" : "eth1", StringComparison.Ordinal) || owner == $"{ToolCall.IdOf(pods[0])} {ifName}"), after.Keys);
        foreach (var owner in after.Keys.Where(owner => !owner.StartsWith(ToolCall.IdOf(pods[2]), StringComparison.Ordinal) && (isRemembered || !owner.EndsWith(ifName, StringComparison.Ordinal))))
            Assert.Equal(before[owner], after[owner]);
        foreach (var network in new[] { collected, other })
            Succeed(tool.Gc(network, []));
        Assert.Empty(Settle(host, held => held.Count == 0));
    }

    [Theory]
    [InlineData("1.1.0")]
    [InlineData("1.0.0")]
    public void Exactly_the_dead_go_whichever_runtime_has_them_and_a_dry_run_says_so_before(string version)
    {
        using var host = new Sandbox();
        var tool = new ToolCall(host);
        tool.Define("a", FullChain.Of(host, "a", "bridge", 50).Replace("1.1.0", version, StringComparison.Ordinal));
        var pods = Enumerable.Range(0, 6).Select(_ => host.AddPod()).ToList();
        foreach (var (i, pod) in pods.Index())
        {
            tool.Cache = i % 2 == 0 ? "one" : "two";
            Succeed(tool.Run("add", "a", pod, "eth0", 20_000 + i));
        }

        // The last of each runtime is forgotten by it; one of the two lives.
        foreach (var i in new[] { 4, 5 })
        {
            tool.Cache = i % 2 == 0 ? "one" : "two";
            tool.Forget("a", pods[i], "eth0");
        }

        var before = Holdings.Of(host);
        string[] living = [.. new[] { 0, 1, 4 }.Select(i => $"{ToolCall.IdOf(pods[i])} eth0").Order(StringComparer.Ordinal)];
        foreach (var i in new[] { 2, 3, 5 })
            host.RemovePod(pods[i]);
        Settle(host, held => held.Values.Count(things => things.Contains("link", StringComparison.Ordinal)) == 3);

        string[] caches = ["one", "two"];
        var dry = tool.Collect("a", caches, "--dry-run");
        Succeed(dry);
        Assert.Equal(6, Holdings.Of(host).Count);
        foreach (var i in new[] { 2, 3, 5 })
        {
            Assert.Contains($"port {20_000 + i}/tcp of {ToolCall.IdOf(pods[i])}/eth0: its namespace {pods[i]} is gone", dry.Output, StringComparison.Ordinal);
            Assert.Matches($"address 10.50.0.\\d of {ToolCall.IdOf(pods[i])}/eth0: ", dry.Output);
            Assert.Contains($"masquerade of {ToolCall.IdOf(pods[i])}/eth0: ", dry.Output, StringComparison.Ordinal);
        }

        var run = tool.Collect("a", caches);
        Succeed(run);
        Assert.Equal(dry.Output, run.Output);
        var after = Holdings.Of(host);
        Assert.Equal(living, after.Keys);
        Assert.All(living, owner => Assert.Equal(before[owner], after[owner]));
        Assert.Equal("nothing to take\n", tool.Collect("a", caches).Output);
        tool.Cache = "one";
        Succeed(tool.Run("check", "a", pods[0], "eth0", 20_000));
    }

    [Fact]
    public void A_living_pod_in_no_cache_whose_name_is_cut_off_keeps_the_plugins_from_being_asked()
    {
        using var host = new Sandbox();
        var tool = new ToolCall(host);
        var network = new string('n', 60);
        tool.Define(network, $$"""{"cniVersion":"1.1.0","name":"{{network}}","plugins":[{"type":"ptp","ipMasq":true,"ipam":{"type":"static","addresses":[{"address":"10.50.0.2/24"}]} }]}""");
        var pod = host.AddPod();
        Succeed(tool.Run("add", network, pod, "eth0", 20_000));
        tool.Forget(network, pod, "eth0");
        var before = Holdings.Of(host);
        var (exitCode, _, error) = tool.Collect(network, ["cache"]);
        Assert.Equal(1, exitCode);
        Assert.Contains("its name is cut off", error, StringComparison.Ordinal);
        Assert.Equal(before, Holdings.Of(host));
        Succeed(tool.Collect(network, ["cache"], "--keep", $"{ToolCall.IdOf(pod)}/eth0"));
        Assert.Equal(before, Holdings.Of(host));
    }

    [Fact]
    public void What_is_added_while_gc_runs_stays_whole()
    {
        const int Pods = 24;
        using var host = new Sandbox();
        var tool = new ToolCall(host);
        tool.Define("a", FullChain.Of(host, "a", "bridge", 50));
        var pods = host.AddPods(Pods);
        var (begun, left, rounds) = (new List<string>(), Pods, 0);
        var collector = new Thread(() =>
        {
            for (; Volatile.Read(ref left) > 0; rounds++)
            {
                // What a runtime does: it makes the list, then it calls. An ADD that has begun may have made something already.
                var (keep, listed) = default((string[], long));
                lock (begun)
                    (keep, listed) = ([.. begun], BootClock.Nanoseconds);
                Succeed(tool.Gc("a", keep, listed: listed));
            }
        });
        collector.Start();
        Parallel.For(0, Pods, new ParallelOptions { MaxDegreeOfParallelism = 6 }, i =>
        {
            try
            {
                lock (begun)
                    begun.Add($"{ToolCall.IdOf(pods[i])}/eth0");
                Succeed(tool.Run("add", "a", pods[i], "eth0", 20_000 + i));
            }
            finally
            {
                Interlocked.Decrement(ref left);
            }
        });
        collector.Join();
        Assert.True(rounds > 1);
        var held = Holdings.Of(host);
        Assert.Equal(pods.Select(pod => $"{ToolCall.IdOf(pod)} eth0").Order(StringComparer.Ordinal), held.Keys);
        Assert.Single(held.Values.Distinct());
        foreach (var (i, pod) in pods.Index())
            Succeed(tool.Run("check", "a", pod, "eth0", 20_000 + i));
    }

    [Fact]
    public void Blocks_of_two_networks_in_one_store_are_told_apart()
    {
        using var host = new Sandbox();
        var tool = new ToolCall(host);
        var store = Path.Combine(host.Directory, "blocks");
        foreach (var network in new[] { "a", "a.b" })
        {
            tool.Define(network, $$"""
                {"cniVersion":"1.1.0","name":"{{network}}","plugins":[{"type":"ptp","nodename":"n","ipam_lock_file":"{{host.Directory}}/ipam.lock",
                 "ipam":{"type":"calico-ipam","dataDir":"{{store}}","pools":[{"name":"p","cidr":"10.7.0.0/26"}]} }]}
                """);
        }

        var pods = new[] { host.AddPod(), host.AddPod() };
        foreach (var (pod, i) in pods.Select((pod, i) => (pod, i)))
        {
            Succeed(tool.Run("add", "a", pod, "eth0", 20_000 + i));
            Succeed(tool.Run("add", "a.b", pod, "eth1", 20_000 + i));
            tool.Forget("a", pod, "eth0");
        }

        Succeed(tool.Gc("a", [$"{ToolCall.IdOf(pods[1])}/eth0"]));
        string[] handles = [.. Directory.GetFiles(store, "*", SearchOption.AllDirectories).Where(file => file.Contains("handle", StringComparison.Ordinal)).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
        Assert.Equal(
            new[] { $"a.{ToolCall.IdOf(pods[1])}", $"a.b.{ToolCall.IdOf(pods[0])}", $"a.b.{ToolCall.IdOf(pods[1])}" }.Order(StringComparer.Ordinal), handles);
    }

    /// <summary>A dead pod's links go in their own time.</summary>
    private static SortedDictionary<string, string> Settle(Sandbox host, Func<SortedDictionary<string, string>, bool> condition)
    {
        var held = Holdings.Of(host);
        for (var attempt = 0; attempt < 50 && !condition(held); attempt++)
        {
            Thread.Sleep(100);
            held = Holdings.Of(host);
        }

        return held;
    }

    private static void Succeed(ToolResult reply) => Assert.True(reply.ExitCode == 0, reply.Output + reply.Error);
}
