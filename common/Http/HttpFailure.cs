namespace CniPlugins.Http;

/// <summary>A request that has no answer; the message is the cause alone, without the address.</summary>
/// <param name="message">What happened, for people.</param>
/// <param name="hint">What to do about it; may be empty.</param>
/// <param name="mayHaveArrived">Whether the server may have got the request and acted on it.</param>
/// <param name="mayPass">Whether trying again may help: not with a certificate that is wrong.</param>
/// <param name="cause">What .NET says.</param>
internal sealed class HttpFailure(string message, string hint, bool mayHaveArrived, bool mayPass, Exception? cause = null) : Exception(message, cause)
{
    public string Hint { get; } = hint;

    public bool MayHaveArrived { get; } = mayHaveArrived;

    public bool MayPass { get; } = mayPass;
}
