using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.Blocks.Selectors;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Pools;

/// <summary>What a pool must be like before it is stored; upstream's API server refuses the same.</summary>
internal static class PoolRules
{
    /// <summary>The first thing that is wrong with a new pool, or null.</summary>
    /// <param name="pool">The new pool.</param>
    /// <param name="others">The pools there are, enabled or not.</param>
    public static string? Fault(IpPool pool, IReadOnlyList<IpPool> others)
    {
        var isV6 = pool.Cidr.Address.IsV6;
        var (least, most) = isV6 ? (116, 128) : (20, 32);
        if (pool.Cidr != pool.Cidr.Network)
            return $"pool {pool.Name}: {pool.Cidr} has host bits; its network is {pool.Cidr.Network}";
        if (pool.BlockSize < least || pool.BlockSize > most)
            return $"pool {pool.Name}: blockSize {pool.BlockSize} is not between {least} and {most}";
        if (pool.BlockSize < pool.Cidr.PrefixLength)
            return $"pool {pool.Name}: {pool.Cidr} is smaller than one block of blockSize {pool.BlockSize}";
        if (pool.BlockSize - pool.Cidr.PrefixLength > 127)
            return $"pool {pool.Name}: {pool.Cidr} is too large";
        var local = Cidr.Parse(isV6 ? "fe80::/10" : "169.254.0.0/16");
        if (Overlap(pool.Cidr, local))
            return $"pool {pool.Name}: {pool.Cidr} has link-local addresses ({local})";
        foreach (var other in others)
        {
            if (other.Name != pool.Name && Overlap(pool.Cidr, other.Cidr))
                return $"pool {pool.Name}: {pool.Cidr} overlaps with pool {other.Name} ({other.Cidr})";
        }

        return SelectorFault(pool);
    }

    /// <summary>Whether two networks have an address in common.</summary>
    public static bool Overlap(Cidr a, Cidr b) => a.Contains(b.First) || b.Contains(a.First);

    private static string? SelectorFault(IpPool pool)
    {
        try
        {
            _ = Selector.Parse(pool.NodeSelector);
            _ = Selector.Parse(pool.NamespaceSelector);
            return null;
        }
        catch (FormatException e)
        {
            return $"pool {pool.Name}: {e.Message}";
        }
    }
}
