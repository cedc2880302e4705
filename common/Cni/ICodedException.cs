namespace CniPlugins.Cni;

/// <summary>An exception from below that knows which error of the specification it is.</summary>
internal interface ICodedException
{
    CniErrorCode Code { get; }

    /// <summary>What the message has no room for; may be empty.</summary>
    string Details { get; }
}
