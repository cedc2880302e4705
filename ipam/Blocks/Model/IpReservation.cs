namespace CniPlugins.Ipam.Blocks.Model;

/// <summary>Addresses that are never given out unasked (Calico's IPReservation): CIDRs or plain addresses, as they were written.</summary>
internal sealed record IpReservation(Metadata Metadata, IReadOnlyList<string> Reserved) : Resource
{
    /// <summary>Members of <c>spec</c> that are not known here.</summary>
    public IReadOnlyList<RawMember> SpecExtra { get; init; } = [];
}
