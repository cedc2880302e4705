using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.CalicoIpam;

namespace CniPlugins.Cnitool.Validation;

/// <summary>calico-ipam's section and what belongs to it in the main plugin's: where the datastore is, which pools to make.</summary>
internal static class CalicoChecks
{
    public static void Check(Node ipam, Node plugin)
    {
        foreach (var key in new[] { "assign_ipv4", "assign_ipv6" })
        {
            if (ipam.Find(key) is { AsText: { } text } found && text is not ("true" or "false"))
                found.Error("must be \"true\" or \"false\"");
        }

        Try(plugin, () => DatastoreChoice.Of(ConfigObject.From(plugin.Element, "")!, new Dictionary<string, string>()));
        CheckPools(ipam);
    }

    private static void CheckPools(Node ipam)
    {
        var pools = new List<IpPool>();
        foreach (var node in ipam.List("pools"))
        {
            PluginSchemas.Pool.Check(node);
            Try(node, () =>
            {
                var pool = PoolDraft.Create(node.Text("name") ?? "", node.Text("cidr") ?? "", (int?)node.Number("blockSize"), node.Text("nodeSelector"));
                PoolDraft.RequireRoom(pool, pools, []);
                pools.Add(pool);
            });
        }
    }

    /// <summary>What the plugin itself would say.</summary>
    private static void Try(Node node, Action check)
    {
        try
        {
            check();
        }
        catch (Exception e) when (e is CniException or ConfigException)
        {
            node.Error(e is CniException { Details.Length: > 0 } cni ? $"{cni.Message}: {cni.Details}" : e.Message);
        }
    }
}
