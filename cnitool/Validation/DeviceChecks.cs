namespace CniPlugins.Cnitool.Validation;

/// <summary>Plugins that make the container's interface out of another device, or put it into one (main-others.md, vrf.md).</summary>
internal static class DeviceChecks
{
    public static void Check(Node plugin, string type)
    {
        switch (type)
        {
            case "vlan":
                CheckVlan(plugin);
                break;
            case "macvlan":
                CheckMode(plugin, "bridge", "private", "vepa", "passthru");
                break;
            case "ipvlan":
                CheckMode(plugin, "l2", "l3", "l3s");
                break;
            case "dummy" when !plugin.Has("ipam"):
                plugin.Error("dummy interface requires an IPAM configuration");
                break;
            case "vrf" when string.IsNullOrEmpty(plugin.Text("vrfname")):
                plugin.Error("configuration is expected to have a valid vrf name (\"vrfname\")");
                break;
            default:
                break;
        }
    }

    private static void CheckVlan(Node plugin)
    {
        if (string.IsNullOrEmpty(plugin.Text("master")))
            plugin.Error("\"master\" field is required. It specifies the host interface name to create the VLAN for");
        if (plugin.Number("vlanId") is { } id && id is < 0 or > 4094)
            plugin.Find("vlanId")!.Error($"invalid VLAN ID {id} (must be between 0 and 4094)");
    }

    private static void CheckMode(Node plugin, params ReadOnlySpan<string> modes)
    {
        if (plugin.Find("mode") is { AsText: { Length: > 0 } mode } node && !modes.Contains(mode))
            node.Error($"unknown {plugin.Text("type")} mode: \"{mode}\"; known are {string.Join(", ", modes!)}");
    }
}
