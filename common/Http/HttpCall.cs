namespace CniPlugins.Http;

/// <summary>What is asked of a server.</summary>
/// <param name="Method">GET, POST, PUT, PATCH, DELETE.</param>
/// <param name="Address">The whole address.</param>
internal sealed record HttpCall(string Method, Uri Address)
{
    public byte[]? Body { get; init; }

    /// <summary>What the body is.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>What the answer may be; empty leaves it to the server.</summary>
    public string Accept { get; init; } = "";

    /// <summary>The whole header (<c>Bearer …</c>), or null.</summary>
    public string? Authorization { get; init; }
}
