using System.Diagnostics;
using CniPlugins.Cni;
using CniPlugins.Http;
using CniPlugins.Linux;

namespace CniPlugins.Calico;

/// <summary>What must answer before pods are attached (<c>readiness_gates</c>): asked every five seconds, for half a minute.</summary>
internal static class ReadinessGate
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static void Await(IReadOnlyList<Uri> gates)
    {
        foreach (var gate in gates)
        {
            var started = Stopwatch.GetTimestamp();
            while (!IsReady(gate, out var why))
            {
                if (Stopwatch.GetElapsedTime(started) + Pause > Limit)
                    throw new CniException(CniErrorCode.TryAgainLater, $"readiness gate {gate} is not ready: {why}", "the runtime will try again");
                Sleep.For(Pause);
            }
        }
    }

    /// <summary>curl -f GATE.</summary>
    private static bool IsReady(Uri gate, out string why)
    {
        try
        {
            using var port = new HttpPort(null, Pause);
            var answer = port.Send(new HttpCall("GET", gate), Pause);
            why = $"status {answer.Status}";
            return answer.Status is >= 200 and < 400;
        }
        catch (HttpFailure e)
        {
            why = e.Message;
            return false;
        }
    }
}
