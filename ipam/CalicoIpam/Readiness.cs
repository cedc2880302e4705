using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.Blocks.Selectors;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>STATUS: whether an ADD would find the datastore, and a pool for this node in every family that the network has. Changes nothing.</summary>
internal sealed class Readiness(Session session, CalicoIpamConfig config)
{
    /// <summary>Throws code 50 when an ADD could not be served.</summary>
    public bool Require()
    {
        try
        {
            var deadline = Deadline.After(TimeSpan.FromSeconds(10));
            var answers = session.Store.Read([new AllPools(), new NodeKey(config.Node)], deadline);
            var labels = answers[1].Select(entry => entry.Value).OfType<ClusterNode>().FirstOrDefault()?.Labels ?? new Dictionary<string, string>();
            var known = answers[0].Select(entry => entry.Value).OfType<IpPool>().ToList();
            List<IpPool> pools = [.. known, .. config.Pools.Where(pool => known.All(other => other.Name != pool.Name))];
            if (config.AssignsV4)
                RequirePool(pools, config.Pools4, labels, isV6: false, deadline);
            if (config.AssignsV6)
                RequirePool(pools, config.Pools6, labels, isV6: true, deadline);
            return true;
        }
        catch (DatastoreException e)
        {
            throw NotReady(e.Message, e.Details);
        }
    }

    private void RequirePool(List<IpPool> pools, IReadOnlyList<string> wanted, IReadOnlyDictionary<string, string> labels, bool isV6, Deadline deadline)
    {
        var usable = pools.Where(pool => pool.Cidr.Address.IsV6 == isV6 && pool.IsEnabled && pool.AllowedUses.Contains(PoolUse.Workload)).ToList();
        if (wanted.FirstOrDefault(text => usable.All(pool => pool.Name != text && pool.Cidr.ToString() != text)) is { } missing)
            throw NotReady($"pool {missing} does not exist, or is not enabled", "cnitool ipam pool list");
        var mine = wanted.Count > 0 ? usable.Where(pool => wanted.Contains(pool.Name) || wanted.Contains(pool.Cidr.ToString())).ToList()
            : usable.Where(pool => !pool.IsManual && Selector.Parse(pool.NodeSelector).Matches(labels)).ToList();
        if (mine.Count == 0)
            throw NotReady($"no IPv{(isV6 ? 6 : 4)} pool for node {config.Node}", "cnitool ipam pool list; cnitool ipam pool add");
        if (config.StatusWhenFull && mine.All(pool => IsFull(pool, deadline)))
            throw NotReady($"no free address in {string.Join(", ", mine.Select(pool => pool.Name))}", "statusWhenFull is set");
    }

    /// <summary>Whether every block of a pool is there and full.</summary>
    private bool IsFull(IpPool pool, Deadline deadline)
    {
        var blocks = session.Store.List(new AllBlocks(pool.Cidr.Address.IsV6), deadline).Select(entry => entry.Value).OfType<Block>()
            .Where(block => pool.Cidr.Contains(block.Cidr.First)).ToList();
        return pool.BlockSize - pool.Cidr.PrefixLength < 31 && blocks.Count >= 1 << (pool.BlockSize - pool.Cidr.PrefixLength)
            && blocks.All(block => block.Unallocated.Length == 0);
    }

    private static CniException NotReady(string problem, string hint) => new(CniErrorCode.PluginNotAvailable, $"calico-ipam cannot assign addresses: {problem}", hint);
}
