using System.Text.Json;
using CniPlugins.Cni.Options;

namespace CniPlugins.Cnitool.Validation;

/// <summary>The keys an object may have and the type of each, written <c>key:type key:type</c>.</summary>
internal sealed class Schema
{
    private readonly Dictionary<string, string> _types = new(StringComparer.OrdinalIgnoreCase);

    public Schema(params IEnumerable<string> keys)
    {
        foreach (var key in keys.SelectMany(text => text.Split(' ')))
            _types[key[..key.IndexOf(':', StringComparison.Ordinal)]] = key[(key.IndexOf(':', StringComparison.Ordinal) + 1)..];
    }

    /// <summary>Reports members of the wrong type (an error), unknown and repeated ones (a warning: plugins pass over them).</summary>
    public void Check(Node node)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var member in node.Members)
        {
            var at = node.At(member.Name, member.Value);
            if (!seen.Add(member.Name))
                at.Warn("the key is there more than once; the last one counts");
            if (!_types.TryGetValue(member.Name, out var type))
                at.Warn($"unknown key{Spelling.Suggest(member.Name, _types.Keys)}");
            else if (member.Value.ValueKind != JsonValueKind.Null && !Fits(member.Value, type))
                at.Error($"must be {Describe(type)}");
        }
    }

    private static bool Fits(JsonElement value, string type) => type switch
    {
        "text" => value.ValueKind == JsonValueKind.String,
        "bool" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "int" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "list" => value.ValueKind == JsonValueKind.Array,
        "texts" => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String),
        "object" => value.ValueKind == JsonValueKind.Object,
        _ => true,
    };

    private static string Describe(string type) => type switch
    {
        "text" => "a string",
        "bool" => "true or false",
        "int" => "a whole number",
        "list" => "a list",
        "texts" => "a list of strings",
        _ => "an object",
    };
}
