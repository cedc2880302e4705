using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.Blocks.Selectors;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Pools;

/// <summary>Which pools of one family a request may take addresses from.</summary>
internal sealed class PoolSelection
{
    private PoolSelection(IReadOnlyList<IpPool> selecting, IReadOnlyList<IpPool> usable)
    {
        Selecting = selecting;
        Usable = usable;
    }

    /// <summary>The pools that were asked for, or that select the node and the namespace.</summary>
    public IReadOnlyList<IpPool> Selecting { get; }

    /// <summary>Those of them that allow the use.</summary>
    public IReadOnlyList<IpPool> Usable { get; }

    /// <summary>Chooses; the pools keep their order, requested ones the request's.</summary>
    /// <param name="pools">All pools of the cluster.</param>
    /// <param name="request">The request.</param>
    /// <param name="nodeLabels">The node's labels.</param>
    /// <param name="isV6">The family.</param>
    /// <exception cref="IpamException">NoPool.</exception>
    public static PoolSelection For(IReadOnlyList<IpPool> pools, AssignRequest request, IReadOnlyDictionary<string, string> nodeLabels, bool isV6)
    {
        var requested = isV6 ? request.Pools6 : request.Pools4;
        foreach (var cidr in requested)
        {
            if (cidr.Address.IsV6 != isV6)
                throw new IpamException(IpamFailure.Invalid, $"provided {Family(isV6)} IPPools list contains one or more {Family(!isV6)} IPPools");
        }

        var enabled = Enabled(pools, isV6);
        if (!HasRoomFor(enabled, request.Reserved, isV6))
            throw new IpamException(IpamFailure.NoPool, "cannot find a qualified ippool",
                enabled.Count == 0 ? $"there is no enabled {Family(isV6)} pool" : $"no enabled {Family(isV6)} pool has blocks that are large enough");
        var selecting = requested.Count > 0
            ? Requested(enabled, requested)
            : enabled.FindAll(pool => !pool.IsManual && Selects(pool, nodeLabels) && Matches(pool.NamespaceSelector, request.NamespaceLabels, pool));
        if (selecting.Count == 0)
            throw new IpamException(IpamFailure.NoPool, $"no configured Calico pools for node {request.Host}",
                $"{enabled.Count} {Family(isV6)} pools are enabled, none selects this node and namespace");
        var usable = selecting.FindAll(pool => Allows(pool, request.Use));
        return usable.Count > 0
            ? new PoolSelection(selecting, usable)
            : throw new IpamException(IpamFailure.NoPool, $"cannot find a qualified ippool: no pools match the required use ({request.Use})");
    }

    /// <summary>The pool that an address or a block belongs to, among those of a list that are enabled.</summary>
    public static IpPool? FindEnabled(IReadOnlyList<IpPool> pools, IpAddress address)
    {
        foreach (var pool in pools)
        {
            if (pool.IsEnabled && pool.Cidr.Contains(address))
                return pool;
        }

        return null;
    }

    /// <summary>Whether the pool is for a node with these labels.</summary>
    public static bool Selects(IpPool pool, IReadOnlyDictionary<string, string> nodeLabels) => Matches(pool.NodeSelector, nodeLabels, pool);

    public static bool Allows(IpPool pool, string use)
    {
        foreach (var allowed in pool.AllowedUses)
        {
            if (allowed == use)
                return true;
        }

        return false;
    }

    private static bool Matches(string selector, IReadOnlyDictionary<string, string> labels, IpPool pool)
    {
        try
        {
            return selector is "" or "all()" || Selector.Parse(selector).Matches(labels);
        }
        catch (FormatException e)
        {
            throw new IpamException(IpamFailure.NoPool, $"pool {pool.Name}: {e.Message}");
        }
    }

    private static List<IpPool> Enabled(IReadOnlyList<IpPool> pools, bool isV6)
    {
        var enabled = new List<IpPool>(pools.Count);
        foreach (var pool in pools)
        {
            if (pool.IsEnabled && pool.Cidr.Address.IsV6 == isV6)
                enabled.Add(pool);
        }

        return enabled;
    }

    private static List<IpPool> Requested(List<IpPool> enabled, IReadOnlyList<Cidr> requested)
    {
        var found = new List<IpPool>(requested.Count);
        foreach (var cidr in requested)
        {
            found.Add(enabled.Find(pool => pool.Cidr.Network == cidr.Network)
                ?? throw new IpamException(IpamFailure.NoPool, $"the given pool ({cidr.Network}) does not exist, or is not enabled"));
        }

        return found;
    }

    /// <summary>Whether some pool's blocks have more addresses than are kept back in each.</summary>
    private static bool HasRoomFor(List<IpPool> enabled, ReservedOrdinals? reserved, bool isV6)
    {
        var longest = isV6 ? 128 : 32;
        if (reserved is not null && !isV6)
            longest -= 32 - int.LeadingZeroCount(reserved.AtStart + reserved.AtEnd);
        return enabled.Exists(pool => pool.BlockSize <= longest);
    }

    private static string Family(bool isV6) => isV6 ? "IPv6" : "IPv4";
}
