namespace CniPlugins.Ipam.Blocks.Model;

/// <summary>The metadata of a v3 resource; what is not listed here is in <see cref="Extra"/>.</summary>
internal sealed record Metadata(string Name)
{
    /// <summary>Labels by key.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>RFC 3339, or empty.</summary>
    public string CreationTimestamp { get; init; } = "";

    public string Uid { get; init; } = "";

    /// <summary>Whether somebody has asked for it to be deleted (<c>deletionTimestamp</c>).</summary>
    public bool IsBeingDeleted { get; init; }

    public IReadOnlyList<RawMember> Extra { get; init; } = [];
}
