using System.Diagnostics;
using CniPlugins.Cni;
using CniPlugins.Ipam.CalicoIpam;
using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Calico;

/// <summary>Waits until Felix says that it has set up a pod's policies (<c>policy_setup_timeout_seconds</c>): a file in a directory; nobody fails for want of it.</summary>
internal static class EndpointStatus
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static void Await(CalicoConfig config, PodIdentity pod, IfName ifName)
    {
        if (config.PolicyLimit <= TimeSpan.Zero || !pod.IsKubernetes)
            return;
        var file = Path.Combine(config.EndpointStatusDirectory, NameOf(pod, ifName));
        var started = Stopwatch.GetTimestamp();
        while (FileStatus.Of(file) is null)
        {
            if (Stopwatch.GetElapsedTime(started) >= config.PolicyLimit)
            {
                StandardError.WriteLine("calico: Error waiting for endpoint to become ready. Unblocking pod creation...");
                return;
            }

            Sleep.For(Pause);
        }
    }

    /// <summary>Orchestrator, pod and interface with a blank between them, each escaped as a part of a path: <c>k8s default%2Fweb eth0</c>.</summary>
    private static string NameOf(PodIdentity pod, IfName ifName) => $"k8s {Uri.EscapeDataString($"{pod.Namespace}/{pod.Pod}")} {Uri.EscapeDataString(ifName.Value)}";
}
