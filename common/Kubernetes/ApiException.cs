using CniPlugins.Cni;

namespace CniPlugins.Kubernetes;

/// <summary>The API does not answer, or refuses; what an answer says about an object is not among these.</summary>
/// <param name="message">What was to be done, where, and what happened.</param>
/// <param name="mayPass">Trying again may help: code 11.</param>
/// <param name="details">What to do.</param>
internal sealed class ApiException(string message, bool mayPass, string details, Exception? cause = null) : Exception(message, cause), ICodedException
{
    public bool MayPass { get; } = mayPass;

    public CniErrorCode Code => MayPass ? CniErrorCode.TryAgainLater : CniErrorCode.Internal;

    public string Details { get; } = details;
}
