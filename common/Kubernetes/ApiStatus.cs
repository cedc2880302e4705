using System.Text.Json;

namespace CniPlugins.Kubernetes;

/// <summary>The Status object by which the API says what was wrong (meta/v1).</summary>
internal sealed record ApiStatus(string Reason, string Message)
{
    public const string AlreadyExists = "AlreadyExists";

    /// <summary>The object that it is about; empty when there is not even such a kind.</summary>
    public string ObjectName { get; private init; } = "";

    /// <summary>The fields that were refused (<c>metadata.uid</c>).</summary>
    public IReadOnlyList<string> Fields { get; private init; } = [];

    /// <summary>Reads an answer that is no success; a body that is no Status gives its beginning as message.</summary>
    public static ApiStatus Read(ApiReply reply)
    {
        try
        {
            using var document = JsonDocument.Parse(reply.Body);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && Text(root, "kind") == "Status")
            {
                var details = root.TryGetProperty("details", out var found) && found.ValueKind == JsonValueKind.Object ? found : default;
                return new ApiStatus(Text(root, "reason"), Text(root, "message")) { ObjectName = Text(details, "name"), Fields = FieldsOf(details) };
            }
        }
        catch (JsonException)
        {
            // A proxy in between answers in its own words.
        }

        var text = System.Text.Encoding.UTF8.GetString(reply.Body.AsSpan(0, Math.Min(reply.Body.Length, 120))).Trim();
        return new ApiStatus("", text.Length > 0 ? text.ReplaceLineEndings(" ") : $"HTTP status {reply.Status}");
    }

    private static List<string> FieldsOf(JsonElement details)
    {
        var fields = new List<string>();
        if (details.ValueKind == JsonValueKind.Object && details.TryGetProperty("causes", out var causes) && causes.ValueKind == JsonValueKind.Array)
        {
            foreach (var cause in causes.EnumerateArray())
                fields.Add(Text(cause, "field"));
        }

        return fields;
    }

    private static string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
