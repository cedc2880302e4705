namespace CniPlugins.Kubernetes;

/// <summary>A request to the API: a verb and a path with its query, without a slash at its beginning (<c>api/v1/nodes/n1</c>).</summary>
internal sealed record ApiRequest(string Method, string Path)
{
    public const string StrategicMergePatch = "application/strategic-merge-patch+json";

    public byte[]? Body { get; init; }

    public string ContentType { get; init; } = "application/json";

    /// <summary>Only the metadata of the object is wanted: a node's images and conditions may be 30 KB.</summary>
    public bool WantsMetadataOnly { get; init; }

    public static ApiRequest Get(string path) => new("GET", path);
}

/// <summary>An answer: its status, its JSON, and whether the request had been sent before without it being known what came of it.</summary>
internal readonly record struct ApiReply(int Status, byte[] Body, bool IsRepeated)
{
    public bool IsSuccess => Status is >= 200 and < 300;
}
