using System.Diagnostics;
using System.Globalization;
using System.Threading.Tasks;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>A full node: the whole chain for every pod, eight at once (scripts/pods.sh for a thousand, three times).</summary>
[Collection(nameof(Alone))]
public sealed class ManyPodsTests
{
    private static readonly ParallelOptions EightAtOnce = new() { MaxDegreeOfParallelism = 8 };

    [Theory]
    [InlineData("bridge", 1.0)]
    [InlineData("ptp", 1.1)] // more than a bridge has ports, when it is a thousand
    public void All_pods_of_a_node_come_and_go_and_leave_nothing(string main, double share)
    {
        var pods = (int)(Report.Setting("CNI_PLUGINS_PODS", 40) * share);
        using var host = new Sandbox();
        var runtime = new ChainCall(host) { Limits = FullChain.Limits };
        var conflist = FullChain.Of(host, "a", main, 52);
        var netns = host.AddPods(pods);
        for (var round = 1; round <= Report.Setting("CNI_PLUGINS_POD_ROUNDS", 1); round++)
        {
            var add = All(pods, i => runtime.Add(conflist, $"c{i}", netns[i], FullChain.Port(20_000 + i)));
            var held = Holdings.Of(host);
            Assert.Equal(pods, held.Count);
            Assert.Single(held.Values.Distinct());
            var del = All(pods, i => runtime.Del(conflist, $"c{i}", netns[i], FullChain.Port(20_000 + i)));
            Assert.Empty(Holdings.Of(host));
            Report.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"{main}, {pods} pods, round {round}: ADD of the chain, median ms of the first tenth {First(add):0.0}, of the last {Last(add):0.0}: {Last(add) / First(add):0.00} times; DEL {First(del):0.0} and {Last(del):0.0}; no error, nothing left"));
        }
    }

    [Fact]
    public void The_port_that_a_bridge_does_not_have_any_more_is_an_error_that_names_the_limit_and_leaves_nothing()
    {
        using var host = new Sandbox();
        host.AddBridge();
        Tool.Try(
            "ip", ["-n", host.HostName, "-batch", "-"],
            System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 1_023).Select(i => $"link add x{i} master br0 type veth peer name y{i}\n"))), environment: null);
        var reply = new CniCall(host).Run("ADD", Conf.Bridge(Conf.HostLocal(host, "[]", "10.1.0.0/16")), "c1", host.AddPod());
        var (code, message, details) = CniCall.Error(reply);
        Assert.Equal(999, code);
        Assert.Matches("failed to connect \"veth[0-9a-f]{8}\" to bridge br0", message);
        Assert.Contains("bridge br0 has 1023 ports, the kernel's limit; use a second bridge, or ptp, which needs none", details, StringComparison.Ordinal);
        Assert.Empty(Conf.Leases(host));
        Assert.DoesNotContain("veth", host.Ip("-br link show master br0").Replace("type veth", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    /// <summary>The milliseconds of each call, in the order of their ends.</summary>
    private static List<double> All(int pods, Action<int> call)
    {
        var times = new List<double>();
        Parallel.For(0, pods, EightAtOnce, i =>
        {
            var started = Stopwatch.GetTimestamp();
            call(i);
            var time = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            lock (times)
                times.Add(time);
        });
        return times;
    }

    private static double First(List<double> times) => Median(times.Take(times.Count / 10));

    private static double Last(List<double> times) => Median(times.TakeLast(times.Count / 10));

    private static double Median(IEnumerable<double> times) => times.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;
}
