using System.Text.Json;
using CniPlugins.Cni;
using CniPlugins.Net;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool.Topology.Reading;

/// <summary>What a cached configuration asked for: what the kernel has is measured by it.</summary>
internal sealed record CachedWishes
{
    /// <summary>The first plugin, which makes the interface; empty when the configuration does not say.</summary>
    public string Plugin { get; private init; } = "";

    /// <summary>The bridge that the interface belongs into; empty when none.</summary>
    public string Bridge { get; private init; } = "";

    public bool Masquerade { get; private init; }

    public bool Bandwidth { get; private init; }

    public IReadOnlyList<PortForward> Ports { get; private init; } = [];

    /// <summary>What is wrong with the configuration itself; empty when nothing.</summary>
    public string Problem { get; private init; } = "";

    /// <summary>Reads an entry's configuration and capability data; one without a configuration (old runtimes) asked for nothing.</summary>
    public static CachedWishes Of(CachedAttachment entry)
    {
        if (entry.Config.IsEmpty)
            return new CachedWishes();
        try
        {
            var plugins = PluginsOf(entry.Config);
            var main = plugins[0];
            return new CachedWishes
            {
                Plugin = main.Type,
                Bridge = main.Type == "bridge" ? Text(main, "bridge") is { Length: > 0 } name ? name : "cni0" : "",
                Masquerade = plugins.Any(plugin => ConfigObject.From(plugin.Element, "")?.Bool("ipMasq") == true),
                Bandwidth = plugins.Any(plugin => plugin.Type == "bandwidth" && IsLimited(plugin, entry.Attachment)),
                Ports = plugins.Any(plugin => plugin.Capabilities.Contains("portMappings")) ? PortsOf(entry.Attachment) : [],
            };
        }
        catch (ConfigException e)
        {
            return new CachedWishes { Problem = $"its cached configuration is broken: {e.Message}" };
        }
    }

    /// <summary>A list, or the single plugin that old runtimes keep.</summary>
    private static IReadOnlyList<PluginConfig> PluginsOf(ReadOnlyMemory<byte> config) =>
        ConfigObject.Parse(config).Has("plugins") ? NetworkList.Parse(config).Plugins is { Count: > 0 } plugins ? plugins : throw new ConfigException("no plugins")
        : [PluginConfig.Parse(config)];

    private static string Text(PluginConfig plugin, string key) => ConfigObject.From(plugin.Element, "")?.String(key) ?? "";

    private static bool IsLimited(PluginConfig plugin, RuntimeAttachment attachment)
    {
        var own = ConfigObject.From(plugin.Element, "")!;
        var keys = (string[])["ingressRate", "ingressBurst", "egressRate", "egressBurst"];
        var limits = keys.Any(own.Has) ? own
            : attachment.CapabilityArgs.TryGetValue("bandwidth", out var data) ? ConfigObject.From(data, "bandwidth")
            : null;
        return limits is not null && (limits.Long("ingressRate") > 0 || limits.Long("egressRate") > 0);
    }

    private static IReadOnlyList<PortForward> PortsOf(RuntimeAttachment attachment)
    {
        if (!attachment.CapabilityArgs.TryGetValue("portMappings", out var list) || list.ValueKind != JsonValueKind.Array)
            return [];
        var ports = new List<PortForward>();
        foreach (var item in list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object))
        {
            var mapping = ConfigObject.From(item, "portMappings")!;
            if (mapping.Int("hostPort") is not > 0)
                continue; // a port of the container that nobody mapped
            var isAddress = IpAddress.TryParse(mapping.String("hostIP") ?? "", out var address) && address.Value != 0;
            ports.Add(new PortForward(mapping.Int("hostPort") ?? 0, mapping.String("protocol") is { Length: > 0 } protocol ? protocol.ToLowerInvariant() : "tcp", mapping.Int("containerPort") ?? 0)
            {
                HostIp = isAddress ? address : null,
            });
        }

        return ports;
    }
}
