using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks;

/// <summary>An address to take back.</summary>
/// <param name="Address">The address.</param>
/// <param name="Handle">Only if it is this handle's; null is anybody's.</param>
/// <param name="SequenceNumber">Only if it was given out at this number of its block's; null is at any.</param>
internal sealed record ReleaseRequest(IpAddress Address, string? Handle = null, ulong? SequenceNumber = null);

/// <summary>What became of a list of addresses to take back.</summary>
internal sealed class ReleaseOutcome
{
    /// <summary>Those that nobody held.</summary>
    public List<IpAddress> Unallocated { get; } = [];

    /// <summary>Those that are free now, or rest.</summary>
    public List<IpAddress> Released { get; } = [];

    /// <summary>The first failure; the addresses of its block are in neither list.</summary>
    public Exception? Error { get; set; }
}
