using System.Text.Json;
using CniPlugins.Cni.Options;

namespace CniPlugins.Cnitool.Validation;

/// <summary>A JSON value with its path, and the list that problems found with it go to.</summary>
/// <remarks>
/// Getters are null for a value of another type: <see cref="Schema"/> has reported that, and a check must not repeat it. Keys match in any case, as
/// in the plugins.
/// </remarks>
internal sealed record Node(JsonElement Element, string Path, List<Finding> Findings)
{
    public void Error(string message) => Findings.Add(new Finding(true, Path, message));

    public void Warn(string message) => Findings.Add(new Finding(false, Path, message));

    /// <summary>The member of that name, the last of several; null when absent or JSON's null.</summary>
    public Node? Find(string key)
    {
        Node? found = null;
        foreach (var member in Members.Where(member => member.Name.Equals(key, StringComparison.OrdinalIgnoreCase)))
            found = At(member.Name, member.Value);
        return found?.Element.ValueKind == JsonValueKind.Null ? null : found;
    }

    public bool Has(string key) => Find(key) is not null;

    public IEnumerable<JsonProperty> Members => Element.ValueKind == JsonValueKind.Object ? Element.EnumerateObject() : [];

    public IEnumerable<Node> Items => Element.ValueKind == JsonValueKind.Array
        ? Element.EnumerateArray().Select((item, index) => this with { Element = item, Path = $"{Path}[{index}]" })
        : [];

    /// <summary>The members of a list; none when the key is absent.</summary>
    public IEnumerable<Node> List(string key) => Find(key)?.Items ?? [];

    public Node? Object(string key) => Find(key) is { Element.ValueKind: JsonValueKind.Object } found ? found : null;

    public string? Text(string key) => Find(key)?.AsText;

    public bool Flag(string key) => Find(key)?.Element.ValueKind == JsonValueKind.True;

    public long? Number(string key) => Find(key) is { Element.ValueKind: JsonValueKind.Number } found && found.Element.TryGetInt64(out var number) ? number : null;

    public string? AsText => Element.ValueKind == JsonValueKind.String ? Element.GetString() : null;

    /// <summary>A member's path: keys that are no plain word are quoted.</summary>
    public Node At(string key, JsonElement value) =>
        this with { Element = value, Path = key.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? $"{Path}.{key}" : $"{Path}[\"{key}\"]" };
}
