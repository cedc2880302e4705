using System.Collections.Concurrent;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>A rollout's burst with masquerade and ports: everybody wants the same table at once. CNI_PLUGINS_ROUNDS asks for more than two.</summary>
[Collection(nameof(Alone))]
public sealed class PortConcurrencyTests
{
    private const int Pods = 100;

    [Fact]
    public void A_hundred_pods_with_ports_come_and_go_at_once_and_leave_nothing()
    {
        using var host = new Sandbox();
        var runtime = new ChainCall(host);
        var conf = PortNetwork.Chain(host);
        var pods = Enumerable.Range(0, Pods).Select(_ => host.AddPod()).ToArray();
        var rounds = int.Parse(Environment.GetEnvironmentVariable("CNI_PLUGINS_ROUNDS") ?? "2");
        for (var round = 0; round < rounds; round++)
        {
            AllAtOnce(i => runtime.Add(conf, $"r{round}c{i}", pods[i], PortNetwork.Ports(10000 + i)));
            var rules = PortNetwork.Rules(host);
            Assert.All(Enumerable.Range(0, Pods), i => Assert.Contains($"tcp . {10000 + i} ", rules, StringComparison.Ordinal));
            AllAtOnce(i => runtime.Check(conf, $"r{round}c{i}", pods[i], PortNetwork.Ports(10000 + i)));

            AllAtOnce(i => runtime.Del(conf, $"r{round}c{i}", pods[i], PortNetwork.Ports(10000 + i)));
            Assert.Empty(PortNetwork.OfPods(host));
            Assert.Empty(Conf.Leases(host));
        }
    }

    /// <summary>A thread for each: a pool would start them one after the other.</summary>
    private static void AllAtOnce(Action<int> call)
    {
        var failures = new ConcurrentBag<string>();
        var threads = Enumerable.Range(0, Pods).Select(i => new Thread(() =>
        {
            try
            {
                call(i);
            }
            catch (Exception e)
            {
                failures.Add($"{i}: {e.Message}");
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.True(failures.IsEmpty, string.Join('\n', failures));
    }
}
