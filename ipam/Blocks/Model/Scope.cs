namespace CniPlugins.Ipam.Blocks.Model;

/// <summary>All objects of a kind, or those of an owner or a family. Answers are sorted by key.</summary>
internal abstract record Scope : Query;

/// <summary>All blocks; of one family unless null.</summary>
internal sealed record AllBlocks(bool? IsV6 = null) : Scope;

/// <summary>All affinities of an owner; of one family unless null.</summary>
internal sealed record AffinitiesOf(BlockOwner Owner, bool? IsV6 = null) : Scope;

/// <summary>All affinities of all owners of a type.</summary>
internal sealed record AllAffinities(AffinityType Type = AffinityType.Host) : Scope;

internal sealed record AllHandles : Scope;

internal sealed record AllPools : Scope;

internal sealed record AllReservations : Scope;

internal sealed record AllNodes : Scope;
