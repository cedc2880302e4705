using CniPlugins.Cni;
using CniPlugins.Digest;
using CniPlugins.Ipam.CalicoIpam;

namespace CniPlugins.Calico;

/// <summary>What a pod's link is called on the host: Felix finds it by computing the same name (felix: workload_endpoint_default.go, VethNameForWorkload).</summary>
internal static class HostLinkName
{
    private const int HashDigits = 11;

    /// <summary>cali and eleven digits of a hash for pods of Kubernetes, which a variable of Felix's may call otherwise; else of the container's identifier.</summary>
    public static string Of(PodIdentity pod, AttachmentRequest request)
    {
        if (!pod.IsKubernetes)
            return $"cali{request.ContainerId.Value[..Math.Min(HashDigits, request.ContainerId.Value.Length)]}";
        var prefix = request.Environment["FELIX_INTERFACEPREFIX"].Split(',')[0].Trim();
        return (prefix.Length > 0 ? prefix : "cali") + OpenSslDigest.Sha1Hex($"{pod.Namespace}.{pod.Pod}")[..HashDigits];
    }
}
