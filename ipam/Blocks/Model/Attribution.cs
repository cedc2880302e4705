namespace CniPlugins.Ipam.Blocks.Model;

/// <summary>Whose an allocated address is; several addresses of a block may share one.</summary>
/// <param name="HandleId">The handle by which the address is released, or null.</param>
/// <param name="Owner">Pod, namespace, node, timestamp …: Calico's <c>secondary</c>, by key; null and empty are the same.</param>
internal sealed record Attribution(string? HandleId, IReadOnlyDictionary<string, string>? Owner = null)
{
    /// <summary>The handle of the ordinals that a Windows node keeps for itself; a block with nothing else in it is empty.</summary>
    public const string WindowsReserved = "windows-reserved-ipam-handle";

    /// <summary>A second owner, while a KubeVirt machine moves (3.32).</summary>
    public IReadOnlyDictionary<string, string>? AlternateOwner { get; init; }

    /// <summary>When the address was released and began to rest (3.33); null while it is in use.</summary>
    public DateTimeOffset? ReleasedAt { get; init; }

    /// <summary>Members that are not known here.</summary>
    public IReadOnlyList<RawMember> Extra { get; init; } = [];

    /// <summary>The handle without what an old defect appended to it: all from the first carriage return on.</summary>
    public static string? Clean(string? handle) => handle?.IndexOf('\r', StringComparison.Ordinal) is >= 0 and var end ? handle[..end] : handle;

    public bool Equals(Attribution? other) =>
        other is not null && HandleId == other.HandleId && Same(Owner, other.Owner) && Same(AlternateOwner, other.AlternateOwner)
        && ReleasedAt == other.ReleasedAt && Extra.Count == 0 && other.Extra.Count == 0;

    public override int GetHashCode() => HandleId?.GetHashCode(StringComparison.Ordinal) ?? 0;

    private static bool Same(IReadOnlyDictionary<string, string>? a, IReadOnlyDictionary<string, string>? b)
    {
        if ((a?.Count ?? 0) != (b?.Count ?? 0))
            return false;
        if (a is null || b is null)
            return true;
        foreach (var (key, value) in a)
        {
            if (!b.TryGetValue(key, out var other) || other != value)
                return false;
        }

        return true;
    }
}
