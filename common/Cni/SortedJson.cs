using System.Text.Json;

namespace CniPlugins.Cni;

/// <summary>JSON with the keys of every object sorted and the last of equal keys kept, as Go prints a decoded map; numbers keep their digits.</summary>
internal static class SortedJson
{
    /// <summary>Writes a value; <paramref name="replaced"/> are members of the outermost object that are set or replaced.</summary>
    public static void Write(JsonWriter writer, JsonElement value, IReadOnlyDictionary<string, Action<JsonWriter>>? replaced = null)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(writer, value, replaced);
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    Write(writer, item);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(value.GetString() ?? "");
                break;
            default:
                // The text as it was written: 10000000000000001 must not become what a double makes of it.
                writer.WriteRawValue(value.GetRawText());
                break;
        }
    }

    private static void WriteObject(JsonWriter writer, JsonElement value, IReadOnlyDictionary<string, Action<JsonWriter>>? replaced)
    {
        var members = new SortedDictionary<string, Action<JsonWriter>>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
            members[member.Name] = to => Write(to, member.Value);
        foreach (var (name, write) in replaced ?? new Dictionary<string, Action<JsonWriter>>())
            members[name] = write;

        writer.WriteStartObject();
        foreach (var (name, write) in members)
        {
            writer.WritePropertyName(name);
            write(writer);
        }

        writer.WriteEndObject();
    }
}
