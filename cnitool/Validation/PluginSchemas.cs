namespace CniPlugins.Cnitool.Validation;

/// <summary>What is known of each plugin: its keys, the capabilities it uses, the oldest version it speaks, its place in a chain.</summary>
internal static class PluginSchemas
{
    private const string Common =
        "cniVersion:text name:text type:text capabilities:object ipam:object dns:object args:object runtimeConfig:object prevResult:object";

    private const string Device = "master:text mtu:int linkInContainer:bool";

    public static Schema List { get; } = new(
        "cniVersion:text cniVersions:texts name:text plugins:list disableCheck:any disableGC:any loadOnlyInlinedPlugins:any"
        + " args:any nerdctlID:any nerdctlLabels:any"); // what podman and nerdctl write for themselves

    /// <summary>A plugin of the suite, or null for one that is not known here.</summary>
    public static PluginSchema? Find(string type) => type switch
    {
        "macvlan" => Maker(Device, "mode:text mac:text bcqueuelen:int") with { Capabilities = ["mac"] },
        "ipvlan" => Maker(Device, "mode:text") with { MakesInterface = false },
        "vlan" => Maker(Device, "vlanId:int"),
        "dummy" => Maker(),
        "tap" => Maker("mac:text mtu:int multiQueue:bool owner:int group:int selinuxContext:text bridge:text") with { Capabilities = ["mac"] },
        "sbr" => Chained("table:int gateways:texts addSourceHints:bool"),
        "vrf" => Chained("vrfname:text table:int") with { Least = "0.3.1" },
        _ => null,
    };

    /// <summary>The <c>ipam</c> section of an address plugin, or null for one that is not known here.</summary>
    public static PluginSchema? FindIpam(string type) => type switch
    {
        "dhcp" => new(new Schema("type:text daemonSocketPath:text provide:list request:list priority:int")),
        _ => null,
    };

    private static PluginSchema Maker(params string[] keys) => new(new Schema([Common, .. keys])) { MakesInterface = true };

    private static PluginSchema Chained(params string[] keys) => new(new Schema([Common, .. keys])) { NeedsPrevious = true };
}

/// <summary>What is known of one plugin.</summary>
internal sealed record PluginSchema(Schema Keys)
{
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    /// <summary>The oldest version of the specification it speaks.</summary>
    public string Least { get; init; } = "0.1.0";

    /// <summary>Whether it works on the result of a plugin before it.</summary>
    public bool NeedsPrevious { get; init; }

    /// <summary>Whether it creates CNI_IFNAME, which can be done once.</summary>
    public bool MakesInterface { get; init; }
}
