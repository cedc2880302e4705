using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>That limits limit, in both directions, measured by iperf3; bounds are generous, figures are scripts/traffic.sh's.</summary>
[Collection(nameof(Alone))]
public sealed class BandwidthTrafficTests
{
    [Fact]
    public void A_limited_pod_receives_and_sends_at_its_rates()
    {
        Assert.SkipUnless(Tool.Exists("iperf3"), "there is no iperf3");
        using var pod = new LimitedPod();
        var limits = LimitedPod.Runtime($"\"ingressRate\":20000000,\"ingressBurst\":{LimitedPod.AnyBurst},\"egressRate\":40000000,\"egressBurst\":{LimitedPod.AnyBurst}");
        using var server = Process.Start(new ProcessStartInfo("nsenter", [$"--net={pod.Pod}", "iperf3", "-s", "-B", "10.1.0.2"]) { RedirectStandardOutput = true })!;
        try
        {
            Assert.True(SpinWait.SpinUntil(() => Sandbox.TryInPod(pod.Pod, "ss", "-Hltn").Output.Contains("5201", StringComparison.Ordinal), TimeSpan.FromSeconds(20)));
            var free = Measure(pod);
            Assert.True(free > 200e6, $"{free} bit/s without limits");
            pod.Ours.Add(pod.Config(limits), "c1", pod.Pod);
            Assert.InRange(Measure(pod), 10e6, 26e6);
            Assert.InRange(Measure(pod, "-R"), 20e6, 52e6);
        }
        finally
        {
            server.Kill();
            server.WaitForExit();
        }
    }

    /// <summary>Bits in a second that arrived, of two seconds; the server may not be done with the last client yet, and says that it is busy.</summary>
    private static double Measure(LimitedPod pod, params string[] options)
    {
        for (var attempt = 1; ; attempt++)
        {
            var report = Tool.Try("nsenter", [$"--net={pod.Host.HostPath}", "iperf3", "-c", "10.1.0.2", "-t", "2", "-J", .. options]).Output;
            var end = JsonDocument.Parse(report).RootElement.GetProperty("end");
            if (end.TryGetProperty("sum_received", out var sum))
                return double.Parse(sum.GetProperty("bits_per_second").GetRawText(), CultureInfo.InvariantCulture);
            Assert.True(attempt < 20, report);
            Thread.Sleep(200);
        }
    }
}
