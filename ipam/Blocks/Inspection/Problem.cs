using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Inspection;

/// <summary>What a check can find.</summary>
internal enum ProblemKind
{
    /// <summary>An object cannot be read, or contradicts itself.</summary>
    Unreadable,

    /// <summary>A handle without any address (upstream: leaked handle). Harmless; releasing it removes it.</summary>
    LeakedHandle,

    /// <summary>A handle counts more addresses in a block than there are. Harmless; releasing it puts it right.</summary>
    OverCount,

    /// <summary>A handle counts fewer addresses in a block than there are, or none: releasing it leaves them behind.</summary>
    UnderCount,

    /// <summary>An address is held by a handle that does not exist: nothing will ever release it.</summary>
    AddressWithoutHandle,

    /// <summary>Two blocks overlap: an address can be given out twice.</summary>
    OverlappingBlocks,

    /// <summary>An affinity is confirmed, and there is no block.</summary>
    AffinityWithoutBlock,

    /// <summary>An affinity is for a block that is somebody else's.</summary>
    StaleAffinity,

    /// <summary>A claim or a release stopped half-way; the next use of the block goes on with it.</summary>
    UnfinishedClaim,

    /// <summary>A block names an owner that has no affinity for it.</summary>
    BlockWithoutAffinity,

    /// <summary>A block is in no pool.</summary>
    BlockOutsidePools,

    /// <summary>A block's owner is a node that does not exist.</summary>
    UnknownOwner,
}

/// <summary>One thing that is wrong.</summary>
/// <param name="Kind">What.</param>
/// <param name="Key">Of which object.</param>
/// <param name="Text">In one line.</param>
/// <param name="Addresses">The addresses concerned; may be empty.</param>
internal sealed record Problem(ProblemKind Kind, Key Key, string Text, IReadOnlyList<IpAddress> Addresses)
{
    public bool Equals(Problem? other) => other is not null && (Kind, Key, Text) == (other.Kind, other.Key, other.Text);

    public override int GetHashCode() => HashCode.Combine(Kind, Key, Text);
}

/// <summary>What a check has seen.</summary>
/// <param name="Problems">What is wrong.</param>
/// <param name="Holders">Every address that is held or rests.</param>
internal sealed record CheckReport(IReadOnlyList<Problem> Problems, IReadOnlyList<AddressHolder> Holders);
