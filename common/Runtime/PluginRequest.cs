using System.Text;
using System.Text.Json;
using CniPlugins.Cni;

namespace CniPlugins.Runtime;

/// <summary>The configuration a plugin reads from stdin: its own object, with what the list and the call add to it (libcni/api.go, buildOneConfig).</summary>
internal static class PluginRequest
{
    /// <summary>For ADD, CHECK and DEL.</summary>
    public static byte[] ForAttachment(NetworkList list, PluginConfig plugin, RuntimeAttachment attachment, VersionedResult? previous)
    {
        var set = Common(list);
        if (previous is not null)
            set["prevResult"] = previous.Write;
        var wanted = plugin.Capabilities.Where(attachment.CapabilityArgs.ContainsKey).Order(StringComparer.Ordinal).ToList();
        if (wanted.Count > 0)
            set["runtimeConfig"] = writer => WriteRuntimeConfig(writer, wanted, attachment.CapabilityArgs);
        return Build(plugin, set);
    }

    /// <summary>For STATUS.</summary>
    public static byte[] ForStatus(NetworkList list, PluginConfig plugin) => Build(plugin, Common(list));

    /// <summary>For GC; the list (<see cref="Attachments"/>) goes out under the specification's key and under the one that libcni wrote first.</summary>
    public static byte[] ForGc(NetworkList list, PluginConfig plugin, string? attachments)
    {
        var set = Common(list);
        if (attachments is not null)
        {
            set["cni.dev/valid-attachments"] = writer => writer.WriteRawValue(attachments);
            set["cni.dev/attachments"] = writer => writer.WriteRawValue(attachments);
        }

        return Build(plugin, set);
    }

    /// <summary>A list of attachments, written once for all plugins of a chain; it may be long.</summary>
    public static string Attachments(IEnumerable<Cni.Attachment> attachments) =>
        Encoding.UTF8.GetString(JsonText.Write(writer => WriteAttachments(writer, attachments), indented: false));

    private static Dictionary<string, Action<JsonWriter>> Common(NetworkList list) => new()
    {
        ["name"] = writer => writer.WriteStringValue(list.Name),
        ["cniVersion"] = writer => writer.WriteStringValue(list.VersionText),
    };

    private static byte[] Build(PluginConfig plugin, IReadOnlyDictionary<string, Action<JsonWriter>> set) =>
        JsonText.Write(writer => SortedJson.Write(writer, plugin.Element, set), indented: false);

    private static void WriteRuntimeConfig(JsonWriter writer, IEnumerable<string> wanted, IReadOnlyDictionary<string, JsonElement> data)
    {
        writer.WriteStartObject();
        foreach (var name in wanted)
        {
            writer.WritePropertyName(name);
            SortedJson.Write(writer, data[name]);
        }

        writer.WriteEndObject();
    }

    private static void WriteAttachments(JsonWriter writer, IEnumerable<Cni.Attachment> attachments)
    {
        writer.WriteStartArray();
        foreach (var attachment in attachments)
        {
            writer.WriteStartObject();
            writer.WriteString("containerID", attachment.ContainerId);
            writer.WriteString("ifname", attachment.IfName);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
