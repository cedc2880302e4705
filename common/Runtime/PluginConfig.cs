using System.Text.Json;
using CniPlugins.Cni;

namespace CniPlugins.Runtime;

/// <summary>One plugin's object of a network: what libcni must know of it, and all of it as it was written.</summary>
/// <param name="Name">The name the object itself carries; mostly empty, as the network has the name.</param>
/// <param name="Capabilities">The capabilities it declares with <c>true</c>.</param>
internal sealed record PluginConfig(JsonElement Element, string Type, string Name, string VersionText, IReadOnlyList<string> Capabilities)
{
    private const string Prefix = "error parsing configuration";
    private const string GoName = "types.PluginConf";

    /// <summary>Decodes a document that is one plugin's configuration; throws <see cref="ConfigException"/> in libcni's words.</summary>
    public static PluginConfig Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return Read(ConfigObject.Parse(json, GoName).Element);
        }
        catch (ConfigException e) when (!e.Message.StartsWith(Prefix, StringComparison.Ordinal))
        {
            throw new ConfigException($"{Prefix}: {e.Message}");
        }
    }

    /// <summary>Decodes an element of a list's <c>plugins</c>.</summary>
    public static PluginConfig Read(JsonElement element)
    {
        try
        {
            if (element.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
                throw new ConfigException($"json: cannot unmarshal {KindOf(element)} into Go value of type {GoName}");
            var config = ConfigObject.From(element, "PluginConf");
            return config?.String("type") is not { Length: > 0 } type
                ? throw new ConfigException("missing 'type'")
                : new(element, type, config.String("name") ?? "", config.String("cniVersion") ?? "", ReadCapabilities(config));
        }
        catch (ConfigException e)
        {
            throw new ConfigException($"{Prefix}: {e.Message}");
        }
    }

    /// <summary>How messages name the plugin: <c>type="bridge" name="x"</c>.</summary>
    public string Description => Name.Length == 0 ? $"type=\"{Type}\"" : $"type=\"{Type}\" name=\"{Name}\"";

    private static string KindOf(JsonElement element) =>
        element.ValueKind is JsonValueKind.True or JsonValueKind.False ? "bool" : element.ValueKind.ToString().ToLowerInvariant();

    private static IReadOnlyList<string> ReadCapabilities(ConfigObject config)
    {
        if (config.Object("capabilities") is not { } declared)
            return [];
        var names = declared.Element.EnumerateObject().Select(member => member.Name).Distinct().ToList();
        var reader = ConfigObject.From(declared.Element, "PluginConf.capabilities")!;
        return [.. names.Where(name => reader.Bool(name) == true)];
    }
}
