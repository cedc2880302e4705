using CniPlugins.Net;

namespace CniPlugins.Cnitool.Validation;

/// <summary>The contradictions a bridge's configuration can have (bridge.md 1).</summary>
internal static class BridgeChecks
{
    private const int LargestVlan = 4094;

    public static void Check(Node plugin)
    {
        if (plugin.Find("bridge") is { AsText: { } name } bridge && IfName.TryParse(name, out var problem, out _) is null)
            bridge.Error(problem);
        else if (plugin.Text("bridge")?.Contains('%', StringComparison.Ordinal) == true)
            plugin.Find("bridge")!.Error("the kernel takes % for a pattern, and would make another bridge each time");
        if (plugin.Flag("hairpinMode") && plugin.Flag("promiscMode"))
            plugin.Error("cannot set hairpin mode and promiscuous mode at the same time");
        CheckVlans(plugin);
        CheckMasquerade(plugin);
        CheckAddresses(plugin);
    }

    /// <summary>Values of ipMasqBackend, which ptp has too.</summary>
    public static void CheckMasquerade(Node plugin)
    {
        if (plugin.Find("ipMasqBackend") is { AsText: { Length: > 0 } text } backend && text is not ("iptables" or "nftables"))
            backend.Error($"unknown ipmasq backend \"{text}\"");
    }

    private static void CheckVlans(Node plugin)
    {
        if (plugin.Number("vlan") is { } vlan && vlan is < 0 or > LargestVlan)
            plugin.Find("vlan")!.Error($"invalid VLAN ID {vlan} (must be between 0 and {LargestVlan})");
        foreach (var trunk in plugin.List("vlanTrunk"))
            CheckTrunk(trunk);
        if (plugin.Flag("preserveDefaultVlan") && plugin.Number("vlan") is null or 0 && !plugin.Has("vlanTrunk"))
            plugin.Find("preserveDefaultVlan")!.Warn("has no effect without vlan or vlanTrunk");
    }

    private static void CheckTrunk(Node trunk)
    {
        PluginSchemas.VlanTrunk.Check(trunk);
        foreach (var key in new[] { "minID", "maxID", "id" })
        {
            if (trunk.Number(key) is { } number && number is < 1 or > LargestVlan)
                trunk.Find(key)!.Error($"invalid VLAN ID {number} (must be between 1 and {LargestVlan})");
        }

        if (trunk.Has("minID") != trunk.Has("maxID"))
            trunk.Error($"minID and maxID should be configured simultaneously, {(trunk.Has("minID") ? "maxID" : "minID")} is missing");
        else if (trunk.Number("minID") > trunk.Number("maxID"))
            trunk.Error("minID is greater than maxID in trunk parameter");
        else if (!trunk.Has("minID") && !trunk.Has("id"))
            trunk.Warn("names no VLAN: neither id nor minID and maxID");
    }

    private static void CheckAddresses(Node plugin)
    {
        var hasIpam = plugin.Object("ipam")?.Text("type") is { Length: > 0 };
        if (plugin.Flag("disableContainerInterface") && hasIpam)
            plugin.Find("disableContainerInterface")!.Error("cannot use IPAM when DisableContainerInterface flag is set");
        foreach (var key in new[] { "isGateway", "isDefaultGateway", "ipMasq" })
        {
            if (plugin.Flag(key) && !hasIpam)
                plugin.Find(key)!.Warn("has no effect without addresses: there is no \"ipam\"");
        }

        if (plugin.Flag("forceAddress") && !plugin.Flag("isGateway") && !plugin.Flag("isDefaultGateway"))
            plugin.Find("forceAddress")!.Warn("has no effect without isGateway or isDefaultGateway");
        if (plugin.Has("isGateway") && !plugin.Flag("isGateway") && plugin.Flag("isDefaultGateway"))
            plugin.Find("isGateway")!.Warn("isDefaultGateway implies isGateway, so this false has no effect");
    }
}
