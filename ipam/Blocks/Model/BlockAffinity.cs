namespace CniPlugins.Ipam.Blocks.Model;

/// <summary>How far the claim of a block has come.</summary>
internal enum AffinityState
{
    /// <summary>Written first, before the block names its owner: nobody else takes it for an owner yet.</summary>
    Pending,

    /// <summary>The block names the owner. An empty state, as old versions wrote it, is this one too.</summary>
    Confirmed,

    /// <summary>The owner is about to let the block go.</summary>
    PendingDeletion,
}

/// <summary>The claim of a block by an owner; who claims what is in the key.</summary>
/// <param name="State">How far the claim has come.</param>
/// <param name="IsLegacy">The state was stored as an empty text.</param>
internal sealed record BlockAffinity(AffinityState State, bool IsLegacy = false) : Resource;
