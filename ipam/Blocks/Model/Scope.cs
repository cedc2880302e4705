namespace CniPlugins.Ipam.Blocks.Model;

/// <summary>All objects of a kind, or those of an owner or a family. Answers are sorted by key.</summary>
internal abstract record Scope : Query;

/// <summary>All blocks; of one family unless null.</summary>
internal sealed record AllBlocks(bool? IsV6 = null) : Scope
{
    public override string ToString() => "all blocks";
}

/// <summary>All affinities of an owner; of one family unless null.</summary>
internal sealed record AffinitiesOf(BlockOwner Owner, bool? IsV6 = null) : Scope
{
    public override string ToString() => $"affinities of {Owner}";
}

/// <summary>All affinities of all owners of a type.</summary>
internal sealed record AllAffinities(AffinityType Type = AffinityType.Host) : Scope
{
    public override string ToString() => "all affinities";
}

internal sealed record AllHandles : Scope
{
    public override string ToString() => "all handles";
}

internal sealed record AllPools : Scope
{
    public override string ToString() => "all pools";
}

internal sealed record AllReservations : Scope
{
    public override string ToString() => "all IP reservations";
}

internal sealed record AllNodes : Scope
{
    public override string ToString() => "all nodes";
}

/// <summary>All endpoints of all namespaces; Kubernetes has pods instead.</summary>
internal sealed record AllEndpoints : Scope
{
    public override string ToString() => "all endpoints";
}
