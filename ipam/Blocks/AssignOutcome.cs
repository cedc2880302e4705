using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks;

/// <summary>What came of a request; addresses of it are held even when there is an error.</summary>
internal sealed class AssignOutcome
{
    public FamilyOutcome V4 { get; init; } = new(isV6: false, 0);

    public FamilyOutcome V6 { get; init; } = new(isV6: true, 0);

    /// <summary>What ended the request early; null when it only ran out of addresses, or has them all.</summary>
    public Exception? Error { get; set; }

    /// <summary>All that was assigned, IPv4 first: the addresses with their blocks' prefix lengths.</summary>
    public IReadOnlyList<Cidr> Addresses => [.. V4.Addresses, .. V6.Addresses];
}

/// <summary>What came of a request for one family.</summary>
internal sealed class FamilyOutcome(bool isV6, int requested)
{
    public int Requested { get; } = requested;

    /// <summary>The addresses with their blocks' prefix lengths.</summary>
    public List<Cidr> Addresses { get; } = [];

    /// <summary>Why there are not more.</summary>
    public List<string> Messages { get; } = [];

    /// <summary>Pools in which nothing was left to borrow.</summary>
    public List<Cidr> ExhaustedPools { get; } = [];

    /// <summary>The handle of the ordinals that were kept back, or null.</summary>
    public string? ReservedHandle { get; set; }

    public bool IsComplete => Addresses.Count >= Requested;

    /// <summary>Upstream's sentence about a request that was not met whole; null when it was.</summary>
    public string? Shortfall
    {
        get
        {
            if (IsComplete)
                return null;
            var parts = new List<string> { $"Assigned {Addresses.Count} out of {Requested} requested IPv{(isV6 ? 6 : 4)} addresses" };
            parts.AddRange(Messages);
            if (ExhaustedPools.Count > 0)
                parts.Add($"No IPs available in pools: [{string.Join(' ', ExhaustedPools)}]");
            if (ReservedHandle is not null)
                parts.Add($"HostReservedAttr: {ReservedHandle}");
            return string.Join("; ", parts);
        }
    }
}
