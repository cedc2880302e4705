namespace CniPlugins.Cnitool.Validation;

/// <summary>What is known of objects that no plugin here declares: their keys, and the capabilities that they use.</summary>
internal static class PluginSchemas
{
    public static Schema List { get; } = new(
        "cniVersion:text cniVersions:texts name:text plugins:list disableCheck:any disableGC:any loadOnlyInlinedPlugins:any"
        + " args:any nerdctlID:any nerdctlLabels:any"); // what podman and nerdctl write for themselves

    /// <summary>The <c>ipam</c> section of an address plugin, or null for one that is not known here.</summary>
    public static PluginSchema? FindIpam(string type) => type switch
    {
        "dhcp" => new(new Schema("type:text daemonSocketPath:text provide:list request:list priority:int")),
        _ => null,
    };
}

/// <summary>What is known of one plugin.</summary>
internal sealed record PluginSchema(Schema Keys)
{
    public IReadOnlyList<string> Capabilities { get; init; } = [];
}
