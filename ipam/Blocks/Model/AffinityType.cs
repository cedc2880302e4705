namespace CniPlugins.Ipam.Blocks.Model;

/// <summary>Who can own a block: a host, or something that is none (Calico's load balancer controller).</summary>
internal enum AffinityType
{
    Host,
    Virtual,
}

/// <summary>An owner of blocks; as text in a block, <c>host:node-a</c>.</summary>
internal readonly record struct BlockOwner(AffinityType Type, string Name)
{
    /// <summary>A node of the cluster.</summary>
    public static BlockOwner Host(string name) => new(AffinityType.Host, name);

    /// <summary>The type's word in keys and values.</summary>
    public string TypeText => Type == AffinityType.Host ? "host" : "virtual";

    /// <summary>Reads a block's <c>affinity</c>; null for a text that names no owner.</summary>
    public static BlockOwner? Parse(string? text) => text is null ? null
        : text.StartsWith("host:", StringComparison.Ordinal) ? new(AffinityType.Host, text[5..])
        : text.StartsWith("virtual:", StringComparison.Ordinal) ? new(AffinityType.Virtual, text[8..])
        : null;

    public override string ToString() => $"{TypeText}:{Name}";
}
