using System.Text.Json;

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

    /// <summary>The same keys and more.</summary>
    public Schema With(string keys)
    {
        var both = new Schema(keys);
        foreach (var (key, type) in _types)
            both._types[key] = type;
        return both;
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
                at.Warn($"unknown key{Suggestion(member.Name)}");
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

    /// <summary>The known key that is one or two letters away: most unknown keys are misspelt ones.</summary>
    private string Suggestion(string key)
    {
        var nearest = _types.Keys.MinBy(known => Distance(key, known));
        return nearest is not null && Distance(key, nearest) <= 2 ? $"; did you mean \"{nearest}\"?" : "";
    }

    /// <summary>Levenshtein's: letters to insert, delete or replace.</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0]++;
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replace, Math.Min(row[j - 1], diagonal) + 1);
            }
        }

        return row[b.Length];
    }
}
