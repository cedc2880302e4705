using CniPlugins.Cni;
using CniPlugins.Netlink;
using CniPlugins.Route;

namespace CniPlugins.Bridge;

/// <summary>The VLANs of a port: one untagged, others tagged, and the bridge's default only if asked for (plugins/main/bridge/bridge.go, collectVlanTrunk).</summary>
internal static class PortVlans
{
    private const ushort DefaultVlan = 1;

    /// <summary>bridge vlan del dev PORT vid 1; bridge vlan add dev PORT vid … [pvid untagged], as the configuration says.</summary>
    public static void Apply(RouteSocket host, Link port, BridgeConfig config, IReadOnlyList<int> trunk)
    {
        if (config.Vlan == 0 && trunk.Count == 0)
            return;
        var batch = host.Batch();
        if (!config.PreserveDefaultVlan)
        {
            foreach (var vlan in port.Vlans())
                batch.DeleteVlan(port, vlan.Vid, "failed to remove default vlan on interface");
        }

        if (config.Vlan != 0)
            batch.AddVlan(port, new PortVlan((ushort)config.Vlan, Pvid: true, Untagged: true), $"failed to setup vlan tag on interface \"{port}\"");
        foreach (var vid in trunk)
            batch.AddVlan(port, new PortVlan((ushort)vid), $"failed to setup vlan tag on interface \"{port}\"");
        if (config.Vlan == 0)
            batch.AddVlan(port, new PortVlan(DefaultVlan, Pvid: true, Untagged: true), "failed to setup default native vlan tag on interface");
        try
        {
            batch.Commit();
        }
        catch (NetlinkException e)
        {
            throw CniException.Because("bridge", e, "VLANs need a bridge with vlan_filtering, and a kernel with CONFIG_BRIDGE_VLAN_FILTERING");
        }
    }
}
