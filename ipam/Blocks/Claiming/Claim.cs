using CniPlugins.Ipam.Blocks.Datastores;

namespace CniPlugins.Ipam.Blocks.Claiming;

/// <summary>How the claim of a block ended.</summary>
internal enum ClaimResult
{
    /// <summary>The block is the owner's, and says so.</summary>
    Owned,

    /// <summary>Somebody else made the block first.</summary>
    Lost,

    /// <summary>There was an affinity, but the block is somebody else's, or nobody's.</summary>
    Stale,
}

/// <summary>The end of a claim, with the block if it is owned now.</summary>
internal readonly record struct Claim(ClaimResult Result, Entry? Block = null);

/// <summary>How the release of a block ended.</summary>
internal enum LetGoResult
{
    Released,

    /// <summary>There is no such affinity.</summary>
    NotFound,

    /// <summary>The block is somebody else's; a stale affinity is gone now.</summary>
    NotOwner,

    /// <summary>It holds addresses, and was to be released only if it did not.</summary>
    NotEmpty,

    /// <summary>It was changed since it was looked at.</summary>
    Changed,
}
