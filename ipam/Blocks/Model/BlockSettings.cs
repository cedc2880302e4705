namespace CniPlugins.Ipam.Blocks.Model;

/// <summary>The cluster's switches (Calico's IPAMConfig).</summary>
/// <remarks>
/// The initial values are those of a cluster that has none stored. A stored object that leaves a member out means false or 0:
/// <c>{}</c> says strict affinity off and automatic blocks off.
/// </remarks>
internal sealed record BlockSettings : Resource
{
    /// <summary>Addresses come from own blocks only; nobody borrows.</summary>
    public bool StrictAffinity { get; init; }

    /// <summary>A host without room claims another block.</summary>
    public bool AutoAllocateBlocks { get; init; } = true;

    /// <summary>The most blocks of one host; 0 is the default of 20.</summary>
    public int MaxBlocksPerHost { get; init; }

    /// <summary><c>Enabled</c>, <c>Disabled</c>, or empty as Enabled: whether a KubeVirt machine keeps its address.</summary>
    public string VmAddressPersistence { get; init; } = "";

    /// <summary>How long a released address rests, in seconds.</summary>
    public int CooldownSeconds { get; init; }
}
