using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.Inspection;

/// <summary>How full something is. A reserved address that is in use counts in both, so the numbers need not add up.</summary>
/// <param name="Capacity">All addresses.</param>
/// <param name="InUse">Those that somebody holds.</param>
/// <param name="Resting">Those that were released a moment ago.</param>
/// <param name="Reserved">Those that an IP reservation covers, in use or not.</param>
/// <param name="Available">Those that can be given out unasked.</param>
internal readonly record struct Usage(UInt128 Capacity, UInt128 InUse, UInt128 Resting, UInt128 Reserved, UInt128 Available);

/// <summary>How full a block is, and whose it is.</summary>
internal sealed record BlockUsage(Block Block, Usage Usage);

/// <summary>How full a pool is, with its blocks by address.</summary>
internal sealed record PoolUsage(IpPool Pool, Usage Usage, IReadOnlyList<BlockUsage> Blocks);

/// <summary>How full everything is.</summary>
/// <param name="Pools">The pools by name.</param>
/// <param name="Orphans">Blocks that are in no pool.</param>
internal sealed record ClusterUsage(IReadOnlyList<PoolUsage> Pools, IReadOnlyList<BlockUsage> Orphans);
