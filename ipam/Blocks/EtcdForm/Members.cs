using System.Globalization;
using System.Text.Json;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.EtcdForm;

/// <summary>The members of a stored JSON object; what nobody takes is left over, as it was written.</summary>
internal sealed class Members
{
    private readonly List<JsonProperty> _members = [];
    private readonly string _path;

    public Members(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new FormatException($"{(path.Length == 0 ? "the document" : path)} is {Kind(element)}, not an object");
        _path = path;
        foreach (var property in element.EnumerateObject())
            _members.Add(property);
    }

    /// <summary>What was not taken.</summary>
    public IReadOnlyList<RawMember> Rest()
    {
        if (_members.Count == 0)
            return [];
        var rest = new RawMember[_members.Count];
        for (var i = 0; i < rest.Length; i++)
            rest[i] = new RawMember(_members[i].Name, _members[i].Value.GetRawText());
        return rest;
    }

    /// <summary>A member's value, which then counts as known; null when it is absent or null. Of several of one name the last counts.</summary>
    public JsonElement? Take(string name)
    {
        var found = Peek(name);
        for (var i = _members.Count - 1; i >= 0; i--)
        {
            if (_members[i].NameEquals(name))
                _members.RemoveAt(i);
        }

        return found;
    }

    /// <summary>A member's value, which stays among the left over.</summary>
    public JsonElement? Peek(string name)
    {
        for (var i = _members.Count - 1; i >= 0; i--)
        {
            if (_members[i].NameEquals(name))
                return _members[i].Value.ValueKind == JsonValueKind.Null ? null : _members[i].Value;
        }

        return null;
    }

    public string Text(string name) => OptionalText(name) ?? "";

    public string? OptionalText(string name) => Take(name) is { } value ? Text(value, name) : null;

    public bool Flag(string name) => Take(name) is { } value && value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(value, name, "a boolean"),
    };

    public int Number(string name) => Take(name) is not { } value ? 0
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number
        : throw Wrong(value, name, "a whole number");

    public ulong LongNumber(string name) => Take(name) is not { } value ? 0
        : value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out var number) ? number
        : throw Wrong(value, name, "a whole number");

    /// <summary>An RFC 3339 time.</summary>
    public DateTimeOffset? Time(string name) => Take(name) is not { } value ? null
        : DateTimeOffset.TryParse(Text(value, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw Wrong(value, name, "a time");

    public Members? Object(string name) => Take(name) is { } value ? new Members(value, Place(name)) : null;

    /// <summary>Texts by key; null when there are none.</summary>
    public IReadOnlyDictionary<string, string>? Texts(string name)
    {
        if (Take(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Object)
            throw Wrong(value, name, "an object");
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
            texts[property.Name] = property.Value.ValueKind == JsonValueKind.Null ? "" : Text(property.Value, name);
        return texts;
    }

    public IReadOnlyList<string> TextList(string name)
    {
        if (Array(name) is not { } value)
            return [];
        var texts = new List<string>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
            texts.Add(Text(item, name));
        return texts;
    }

    public JsonElement? Array(string name) => Take(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Array ? value
        : throw Wrong(value, name, "an array");

    public FormatException Wrong(JsonElement value, string name, string expected) => new($"{Place(name)} is {Kind(value)}, not {expected}");

    private string Text(JsonElement value, string name) => value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(value, name, "a text");

    private string Place(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => $"\"{value.GetString()}\"",
        _ => value.GetRawText(),
    };
}
