using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Model;

/// <summary>A range of addresses that is cut into blocks (Calico's IPPool); defaults are applied.</summary>
internal sealed record IpPool(Metadata Metadata, Cidr Cidr) : Resource
{
    private const string Everything = "all()";

    public string Name => Metadata.Name;

    /// <summary>The prefix length of the pool's blocks; 26 and 122 unless said otherwise, or the whole pool if that is smaller.</summary>
    public int BlockSize { get; init; } = Math.Max(Cidr.Address.IsV6 ? 122 : 26, Cidr.PrefixLength);

    public bool Disabled { get; init; }

    /// <summary>Which nodes may claim blocks of it, in Calico's selector language.</summary>
    public string NodeSelector { get; init; } = Everything;

    /// <summary>Which namespaces' pods may have addresses of it; empty is all.</summary>
    public string NamespaceSelector { get; init; } = "";

    /// <summary>What addresses may be used for; see <see cref="PoolUse"/>.</summary>
    public IReadOnlyList<string> AllowedUses { get; init; } = [PoolUse.Workload, PoolUse.Tunnel];

    /// <summary>Only who names the pool has addresses of it (<c>assignmentMode: Manual</c>).</summary>
    public bool IsManual { get; init; }

    /// <summary>What IPAM has no use for but others do: <c>Never</c>, <c>Always</c>, <c>CrossSubnet</c>.</summary>
    public string IpipMode { get; init; } = "";

    /// <inheritdoc cref="IpipMode"/>
    public string VxlanMode { get; init; } = "";

    public bool NatOutgoing { get; init; }

    public bool DisableBgpExport { get; init; }

    /// <summary>False when a condition in the status says so (3.32).</summary>
    public bool IsAllocatable { get; init; } = true;

    /// <summary>Members of <c>spec</c> that are not known here.</summary>
    public IReadOnlyList<RawMember> SpecExtra { get; init; } = [];

    /// <summary>Whether addresses may be given out of it.</summary>
    public bool IsEnabled => !Disabled && !Metadata.IsBeingDeleted && IsAllocatable;

    /// <summary>The block in which an address of this pool lies.</summary>
    public Cidr BlockOf(IpAddress address) => new Cidr(address, BlockSize).Network;
}

/// <summary>What a pool's addresses can be used for.</summary>
internal static class PoolUse
{
    public const string Workload = "Workload";
    public const string Tunnel = "Tunnel";
}
