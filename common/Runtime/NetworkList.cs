using CniPlugins.Cni;

namespace CniPlugins.Runtime;

/// <summary>A network as a runtime knows it: its name, the version that was agreed on, and its plugins in order.</summary>
internal sealed record NetworkList
{
    public required string Name { get; init; }

    /// <summary>The version for requests and results; empty when the file has none, which means 0.1.0.</summary>
    public string VersionText { get; init; } = "";

    public bool DisableCheck { get; init; }
    public bool DisableGc { get; init; }

    /// <summary>Whether files beside the list must not add plugins to it.</summary>
    public bool LoadOnlyInlinedPlugins { get; init; }

    public IReadOnlyList<PluginConfig> Plugins { get; init; } = [];

    /// <summary>The document the list came from, byte for byte: the cache keeps it.</summary>
    public ReadOnlyMemory<byte> Bytes { get; init; }

    public CniVersion Version => CniVersion.Parse(VersionText);

    /// <summary>Decodes a <c>.conflist</c> document; throws <see cref="ConfigException"/> in libcni's words.</summary>
    public static NetworkList Parse(ReadOnlyMemory<byte> json) => NetworkListReader.Read(json);

    /// <summary>
    /// Reads a file: a list with the plugins of its drop-in directory (<c>DIR/NAME/*.conf</c>), or, when the file is no <c>.conflist</c>, one plugin
    /// as a list of its own.
    /// </summary>
    public static NetworkList Load(string path)
    {
        if (Path.GetExtension(path) != ".conflist")
            return FromPlugin(ConfigDirectory.LoadPlugin(path));
        var list = Parse(ConfigDirectory.ReadFile(path));
        if (!list.LoadOnlyInlinedPlugins)
            list = list with { Plugins = [.. list.Plugins, .. ConfigDirectory.DropIns(path, list.Name)] };
        return list.Plugins.Count > 0 ? list : throw new ConfigException("no plugin configs found");
    }

    /// <summary>The list that libcni makes of a single plugin's file.</summary>
    public static NetworkList FromPlugin(PluginConfig plugin) => Parse(JsonText.Write(
        writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("cniVersion", plugin.VersionText);
            writer.WriteString("name", plugin.Name);
            writer.WriteStartArray("plugins");
            SortedJson.Write(writer, plugin.Element);
            writer.WriteEndArray();
            writer.WriteEndObject();
        },
        indented: false));
}
