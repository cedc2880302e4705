using CniPlugins.Cni;

namespace CniPlugins.Kubernetes;

/// <summary>How to reach the cluster cannot be found out: code 7, never with a token or a key in its text.</summary>
internal sealed class KubeconfigException(string message, string details = "") : Exception(message), ICodedException
{
    public CniErrorCode Code => CniErrorCode.InvalidNetworkConfig;

    public string Details { get; } = details;
}
