using System.Text.Json;
using CniPlugins.Cni;

namespace CniPlugins.Runtime;

/// <summary>Decodes a conflist by libcni's rules: at this level keys match exactly, unlike inside a plugin's object (libcni/conf.go, NetworkConfFromBytes).</summary>
internal static class NetworkListReader
{
    private const string Prefix = "error parsing configuration list";

    public static NetworkList Read(ReadOnlyMemory<byte> json)
    {
        var root = Root(json);
        var name = Name(root);
        var version = VersionsOf(root, Version(root));
        var disableCheck = Flag(root, "disableCheck");
        var disableGc = Flag(root, "disableGC");
        var onlyInlined = Flag(root, "loadOnlyInlinedPlugins");
        return new NetworkList
        {
            Name = name,
            VersionText = version,
            DisableCheck = disableCheck,
            DisableGc = disableGc,
            LoadOnlyInlinedPlugins = onlyInlined,
            Plugins = Plugins(root, onlyInlined),
            Bytes = json,
        };
    }

    private static JsonElement Root(ReadOnlyMemory<byte> json)
    {
        try
        {
            return ConfigObject.Parse(json, GoType.Map).Element;
        }
        catch (ConfigException e)
        {
            throw Invalid(e.Message);
        }
    }

    private static string Name(JsonElement root) =>
        !root.TryGetProperty("name", out var name) ? throw Invalid("no name")
        : name.ValueKind == JsonValueKind.String ? name.GetString()!
        : throw Invalid($"invalid name type {GoType.Of(name)}");

    private static string Version(JsonElement root) =>
        !root.TryGetProperty("cniVersion", out var version) ? ""
        : version.ValueKind == JsonValueKind.String ? version.GetString()!
        : throw Invalid($"invalid cniVersion type {GoType.Of(version)}");

    /// <summary>The highest version of <c>cniVersions</c> and <c>cniVersion</c> that is not newer than this library; else as written.</summary>
    private static string VersionsOf(JsonElement root, string single)
    {
        if (!root.TryGetProperty("cniVersions", out var versions))
            return single;
        if (versions.ValueKind != JsonValueKind.Array)
            throw Invalid($"invalid type for cniVersions: {GoType.Of(versions)}");

        var usable = new List<CniVersion>();
        foreach (var (index, entry) in versions.EnumerateArray().Index())
        {
            if (entry.ValueKind != JsonValueKind.String)
                throw Invalid($"invalid type for cniVersions index {index}: {GoType.Of(entry)}");
            usable.Add(Parse(entry.GetString()!, text => $"invalid cniVersions entry {text} at index {index}"));
        }

        if (single.Length > 0)
            usable.Add(Parse(single, text => $"invalid cniVersion {text}"));
        return usable.Where(version => version <= CniVersion.V110).Max()?.Text ?? single;
    }

    private static CniVersion Parse(string text, Func<string, string> problem)
    {
        try
        {
            return CniVersion.Parse(text);
        }
        catch (CniException e)
        {
            throw Invalid($"{problem(text)}: {e.Message}");
        }
    }

    private static bool Flag(JsonElement root, string key)
    {
        if (!root.TryGetProperty(key, out var value))
            return false;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();
        if (value.ValueKind != JsonValueKind.String)
            throw Invalid($"invalid type {GoType.Of(value)} for {key}");
        return value.GetString()!.ToLowerInvariant() switch
        {
            "true" => true,
            "false" => false,
            var other => throw Invalid($"invalid value \"{other}\" for {key}"),
        };
    }

    private static IReadOnlyList<PluginConfig> Plugins(JsonElement root, bool onlyInlined)
    {
        if (!root.TryGetProperty("plugins", out var plugins))
            return onlyInlined ? throw Invalid("`loadOnlyInlinedPlugins` is true, and no 'plugins' key") : [];
        if (plugins.ValueKind != JsonValueKind.Array)
            throw Invalid($"invalid 'plugins' type {GoType.Of(plugins)}");
        return plugins.GetArrayLength() == 0
            ? throw Invalid("no plugins in list")
            : [.. plugins.EnumerateArray().Select(Plugin)];
    }

    private static PluginConfig Plugin(JsonElement plugin, int index)
    {
        try
        {
            return PluginConfig.Read(plugin);
        }
        catch (ConfigException e)
        {
            throw new ConfigException($"failed to parse plugin config {index}: {e.Message}");
        }
    }

    private static ConfigException Invalid(string problem) => new($"{Prefix}: {problem}");
}
