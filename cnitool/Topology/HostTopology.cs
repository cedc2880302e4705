namespace CniPlugins.Cnitool.Topology;

/// <summary>What CNI has made on one host, out of the kernel and the runtimes' caches: a value, whatever it is drawn as afterwards.</summary>
internal sealed record HostTopology(string HostName)
{
    /// <summary>The links by which packets leave the host.</summary>
    public IReadOnlyList<HostDevice> Uplinks { get; init; } = [];

    /// <summary>The host's bridges, whoever made them.</summary>
    public IReadOnlyList<HostDevice> Bridges { get; init; } = [];

    /// <summary>Interfaces of containers: those a cache knows, and those only the kernel has.</summary>
    public IReadOnlyList<PodAttachment> Attachments { get; init; } = [];

    /// <summary>Objects of CNI's in the kernel that do not even say which attachment they were made for.</summary>
    public IReadOnlyList<string> Leftovers { get; init; } = [];

    /// <summary>What is wrong with the host or the caches themselves: a broken file, flushed rules.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>What could not be read, and why; what it would have said is missing from all else.</summary>
    public IReadOnlyList<string> Unread { get; init; } = [];

    /// <summary>Attachments worth a place in a drawing: every pod's loopback would hide the rest.</summary>
    public IEnumerable<PodAttachment> Drawn => Attachments.Where(attachment => !attachment.IsLoopback);
}
