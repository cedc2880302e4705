using System.Text.Json;
using CniPlugins.Cni;

namespace CniPlugins.Runtime;

/// <summary>What a runtime remembers of an attachment from ADD to DEL: libcni's cache entry (libcni/api.go, cachedInfo).</summary>
internal sealed record CachedAttachment(string NetworkName, RuntimeAttachment Attachment)
{
    private const string Kind = "cniCacheV1";

    /// <summary>The list as it was at ADD.</summary>
    public ReadOnlyMemory<byte> Config { get; init; }

    /// <summary>The result of the chain, or null.</summary>
    public VersionedResult? Result { get; init; }

    /// <summary>The entry as a file, member for member as libcni writes it.</summary>
    public byte[] ToBytes() => JsonText.Write(
        writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("kind", Kind);
            writer.WriteString("containerId", Attachment.ContainerId);
            writer.WriteString("config", Convert.ToBase64String(Config.Span));
            writer.WriteString("ifName", Attachment.IfName);
            writer.WriteString("networkName", NetworkName);
            writer.WriteUnlessEmpty("netns", Attachment.Netns);
            WriteArgs(writer);
            WriteCapabilityArgs(writer);
            WriteResult(writer);
            writer.WriteEndObject();
        },
        indented: false);

    /// <summary>Reads an entry; a file without libcni's mark is a bare result, as runtimes before 2019 wrote it.</summary>
    public static CachedAttachment Parse(ReadOnlyMemory<byte> json)
    {
        var root = ConfigObject.Parse(json);
        if (root.String("kind") != Kind)
            return new CachedAttachment("", RuntimeAttachment.None) { Result = VersionedResult.Read(root, "") };
        var attachment = new RuntimeAttachment(root.String("containerId") ?? "", root.String("netns") ?? "", root.String("ifName") ?? "")
        {
            Args = ReadArgs(root),
            CapabilityArgs = root.Object("capabilityArgs")?.Element.EnumerateObject().DistinctBy(data => data.Name).ToDictionary(data => data.Name, data => data.Value) ?? [],
        };
        return new CachedAttachment(root.String("networkName") ?? "", attachment)
        {
            Config = root.Find("config") is { ValueKind: JsonValueKind.String } config && config.TryGetBytesFromBase64(out var bytes) ? bytes : default,
            Result = root.Object("result") is { } result ? VersionedResult.Read(result, "") : null,
        };
    }

    private static IReadOnlyList<KeyValuePair<string, string>> ReadArgs(ConfigObject root) =>
        root.Find("cniArgs") is not { ValueKind: JsonValueKind.Array } pairs ? []
        : [.. pairs.EnumerateArray()
            .Where(pair => pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2 && pair.EnumerateArray().All(text => text.ValueKind == JsonValueKind.String))
            .Select(pair => new KeyValuePair<string, string>(pair[0].GetString()!, pair[1].GetString()!))];

    private void WriteArgs(JsonWriter writer)
    {
        if (Attachment.Args.Count == 0)
            return;
        writer.WriteStartArray("cniArgs");
        foreach (var (key, value) in Attachment.Args)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(key);
            writer.WriteStringValue(value);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    private void WriteCapabilityArgs(JsonWriter writer)
    {
        if (Attachment.CapabilityArgs.Count == 0)
            return;
        writer.WriteStartObject("capabilityArgs");
        foreach (var (name, data) in Attachment.CapabilityArgs.OrderBy(data => data.Key, StringComparer.Ordinal))
        {
            writer.WritePropertyName(name);
            SortedJson.Write(writer, data);
        }

        writer.WriteEndObject();
    }

    private void WriteResult(JsonWriter writer)
    {
        if (Result is null)
            return;
        using var document = JsonDocument.Parse(Result.ToBytes());
        writer.WritePropertyName("result");
        SortedJson.Write(writer, document.RootElement);
    }
}
