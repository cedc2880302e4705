using System.Text.Json;
using CniPlugins.Net;

namespace CniPlugins.Cni;

/// <summary>A JSON object of a configuration, read by Go's rules, which are the contract.</summary>
/// <remarks>
/// Keys match in any case, of several the last counts, null is absent, unknown keys are ignored, an integer is digits only. System.Text.Json's
/// serializer differs in each of these.
/// </remarks>
internal sealed class ConfigObject
{
    private const int MaxDepth = 10_000; // Go's own limit
    private const string TopLevelType = """struct { Name string "json:\"name\"" }""";

    private readonly JsonElement _element;
    private readonly string _path;
    private readonly List<JsonElement> _values = [];
    private List<string>? _names;

    private ConfigObject(JsonElement element, string path)
    {
        _element = element;
        _path = path;
    }

    /// <summary>The object as it was written.</summary>
    public JsonElement Element => _element;

    /// <summary>Decodes a whole document that must be an object; throws <see cref="ConfigException"/>. Text that is no Unicode becomes U+FFFD, as in Go.</summary>
    public static ConfigObject Parse(ReadOnlyMemory<byte> json, string goType = TopLevelType)
    {
        json = JsonUnicode.Mend(json);
        try
        {
            var root = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth }).RootElement;
            return root.ValueKind == JsonValueKind.Null
                ? new ConfigObject(JsonDocument.Parse("{}").RootElement, "")
                : Of(root, "") ?? throw WrongType(root, "", goType);
        }
        catch (JsonException e)
        {
            throw new ConfigException(JsonSyntax.Describe(json.Span, e));
        }
    }

    /// <summary>An element that was found elsewhere; null when it is JSON's null, <see cref="ConfigException"/> when it is no object.</summary>
    public static ConfigObject? From(JsonElement element, string path) =>
        element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined ? null : Of(element, path) ?? throw WrongType(element, path, "object");

    /// <summary>Whether the key is there with a value (null is none).</summary>
    public bool Has(string key) => Find(key) is not null;

    public string? String(string key) => Find(key) is not { } value ? null : Text(value, $"{_path}.{key}");

    public bool? Bool(string key) => Find(key) is not { } value ? null : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw WrongType(value, $"{_path}.{key}", "bool"),
    };

    /// <summary>A 32-bit integer: what the kernel's fields hold; Go's plain int is checked where it goes further.</summary>
    public int? Int(string key) => Long(key, "int", int.MinValue, int.MaxValue) is { } value ? (int)value : null;

    /// <summary>A 64-bit integer within limits; fractions and exponents are not integers.</summary>
    public long? Long(string key, string type = "int", long least = long.MinValue, long most = long.MaxValue)
    {
        if (Find(key) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Number)
            throw WrongType(value, $"{_path}.{key}", type);
        return value.TryGetInt64(out var number) && number >= least && number <= most && !value.GetRawText().AsSpan().ContainsAny(".eE")
            ? number
            : throw new ConfigException($"json: cannot unmarshal number {value.GetRawText()} into Go struct field {_path}.{key} of type {type}");
    }

    /// <summary>A 64-bit integer that is not negative.</summary>
    public ulong? Unsigned(string key)
    {
        if (Find(key) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Number)
            throw WrongType(value, $"{_path}.{key}", "uint64");
        return value.TryGetUInt64(out var number) && !value.GetRawText().AsSpan().ContainsAny(".eE-")
            ? number
            : throw new ConfigException($"json: cannot unmarshal number {value.GetRawText()} into Go struct field {_path}.{key} of type uint64");
    }

    public ConfigObject? Object(string key) =>
        Find(key) is not { } value ? null : Of(value, $"{_path}.{key}") ?? throw WrongType(value, $"{_path}.{key}", "object");

    public IReadOnlyList<string>? Strings(string key) => List(key, "[]string", (value, path) => Text(value, path));

    /// <summary>A map of texts (<c>sysctl</c>): keys as they are written, in that order, the same one perhaps more than once.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? TextsByKey(string key) => Object(key) is not { } map ? null
        : [.. map.Element.EnumerateObject().Select(member => KeyValuePair.Create(member.Name, Text(member.Value, map._path)))];

    public IReadOnlyList<ConfigObject>? Objects(string key) => List(key, "[]object", ItemObject);

    /// <summary>A list of lists of objects (<c>ipam.ranges</c>).</summary>
    public IReadOnlyList<IReadOnlyList<ConfigObject>>? ObjectLists(string key) =>
        List<IReadOnlyList<ConfigObject>>(key, "[][]object", (value, path) => Items(value, path, "[]object", ItemObject) ?? []);

    /// <summary>An address; an empty text is none.</summary>
    public IpAddress? Address(string key) => String(key) is not { Length: > 0 } text ? null
        : IpAddress.TryParse(text, out var address) ? address
        : throw new ConfigException($"invalid IP address: {text}");

    /// <summary>An address with prefix length, host bits kept.</summary>
    public Cidr? Cidr(string key) => String(key) is not { } text ? null
        : Net.Cidr.TryParse(text, out var cidr) ? cidr
        : throw new ConfigException($"invalid CIDR address: {text}");

    /// <summary>The value of a key as it was written, or null.</summary>
    public JsonElement? Find(string key)
    {
        var names = _names ??= ReadNames();
        for (var i = names.Count - 1; i >= 0; i--)
        {
            if (names[i].Length == key.Length && names[i].Equals(key, StringComparison.OrdinalIgnoreCase))
                return _values[i].ValueKind == JsonValueKind.Null ? null : _values[i];
        }

        return null;
    }

    /// <summary>The members, once: an object is asked for many keys, and each name is a text to make.</summary>
    private List<string> ReadNames()
    {
        var names = new List<string>();
        foreach (var property in _element.EnumerateObject())
        {
            names.Add(property.Name);
            _values.Add(property.Value);
        }

        return names;
    }

    private IReadOnlyList<T>? List<T>(string key, string type, Func<JsonElement, string, T> item) =>
        Find(key) is not { } value ? null : Items(value, $"{_path}.{key}", type, item);

    private static IReadOnlyList<T>? Items<T>(JsonElement value, string path, string type, Func<JsonElement, string, T> item)
    {
        if (value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind != JsonValueKind.Array)
            throw WrongType(value, path, type);
        var items = new List<T>(value.GetArrayLength());
        foreach (var element in value.EnumerateArray())
            items.Add(item(element, path));
        return items;
    }

    /// <summary>An element of a list of objects; Go's decoder makes an empty struct of null.</summary>
    private static ConfigObject ItemObject(JsonElement value, string path) =>
        From(value, path) ?? new ConfigObject(JsonDocument.Parse("{}").RootElement, path);

    private static ConfigObject? Of(JsonElement value, string path) => value.ValueKind == JsonValueKind.Object ? new ConfigObject(value, path) : null;

    private static string Text(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.Null => "",
        JsonValueKind.String => value.GetString()!,
        _ => throw WrongType(value, path, "string"),
    };

    private static ConfigException WrongType(JsonElement value, string path, string type)
    {
        var kind = value.ValueKind switch
        {
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.String => "string",
            JsonValueKind.Number => "number",
            _ => "bool",
        };
        return new ConfigException(path.Length == 0
            ? $"json: cannot unmarshal {kind} into Go value of type {type}"
            : $"json: cannot unmarshal {kind} into Go struct field {path} of type {type}");
    }
}
