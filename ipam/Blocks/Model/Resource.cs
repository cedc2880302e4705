namespace CniPlugins.Ipam.Blocks.Model;

/// <summary>What a datastore holds under a <see cref="Key"/>: a value, never changed in place.</summary>
internal abstract record Resource
{
    /// <summary>Members of the stored object that this suite does not know, as they were written; they go back unchanged.</summary>
    public IReadOnlyList<RawMember> Extra { get; init; } = [];
}

/// <summary>A member of a stored object: its name and its value as JSON text.</summary>
internal readonly record struct RawMember(string Name, string Json);

/// <summary>What stands under a key and cannot be read; it is never overwritten.</summary>
internal sealed record Unreadable(string Why) : Resource;
