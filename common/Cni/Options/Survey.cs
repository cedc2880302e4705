using System.Text.Json;

namespace CniPlugins.Cni.Options;

/// <summary>
/// Learns from the calls that read a plugin's options which ones there are, and all that is wrong with a configuration: nothing is thrown.
/// </summary>
internal sealed class Survey : OptionAudience
{
    private readonly Dictionary<string, HashSet<string>> _places = [];
    private readonly List<DeclaredOption> _options = [];
    private readonly List<Finding> _findings = [];
    private readonly List<OptionReader> _closed = [];

    private readonly bool _isDescribing;

    private Survey(bool isDescribing) => _isDescribing = isDescribing;

    /// <summary>A survey of somebody's configuration.</summary>
    public Survey()
    {
    }

    public override bool IsDescribing => _isDescribing;

    /// <summary>All options, in the order in which they are read.</summary>
    public IReadOnlyList<DeclaredOption> Options => _options;

    /// <summary>The options that a plugin declares.</summary>
    public static IReadOnlyList<DeclaredOption> Describe(Action<OptionReader> declare)
    {
        var survey = new Survey(isDescribing: true);
        declare(new OptionReader(null, survey, ""));
        return survey.Options;
    }

    /// <summary>A reader of an object of a configuration; a value of another type is reported, and read as an empty object.</summary>
    public OptionReader Read(JsonElement element, string path)
    {
        if (element.ValueKind == JsonValueKind.Object)
            return new OptionReader(ConfigObject.From(element, ""), this, path);
        _findings.Add(new Finding(true, path, "must be an object"));
        return new OptionReader(null, this, path);
    }

    /// <summary>Runs what reads an object; a failure that it throws is the object's.</summary>
    public override void Guard(OptionReader reader, Action read)
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is CniException or ConfigException)
        {
            Note(isError: true, reader, "", e is CniException { Details.Length: > 0 } cni ? $"{cni.Message}; {cni.Details}" : e.Message);
        }
    }

    /// <summary>Says that all who know keys of an object have been asked: others are unknown ones.</summary>
    public override void Close(OptionReader reader) => _closed.Add(reader);

    /// <summary>All problems, unknown keys and repeated ones among them.</summary>
    public IReadOnlyList<Finding> Finish()
    {
        foreach (var reader in _closed)
            FindUnknown(reader);
        return _findings;
    }

    public override void Declare(OptionReader reader, string key, OptionType type, string defaultValue, string about, string since)
    {
        if (!_places.TryGetValue(reader.Path, out var keys))
            _places.Add(reader.Path, keys = new HashSet<string>(StringComparer.OrdinalIgnoreCase));
        if (keys.Add(key))
            _options.Add(new DeclaredOption(reader.Path, key, type, defaultValue, about, since));
    }

    public override void Note(bool isError, OptionReader reader, string key, string message)
    {
        var finding = new Finding(isError, key.Length == 0 ? reader.Path : reader.PathOf(key), message);
        if (!IsDescribing && !_findings.Contains(finding))
            _findings.Add(finding);
    }

    private void FindUnknown(OptionReader reader)
    {
        if (reader.Json is not { } json || !_places.TryGetValue(reader.Path, out var keys))
            return;
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var member in json.Element.EnumerateObject())
        {
            if (!seen.Add(member.Name))
                Note(isError: false, reader, member.Name, "the key is there more than once; the last one counts");
            if (!keys.Contains(member.Name))
                Note(isError: false, reader, member.Name, $"unknown key{Spelling.Suggest(member.Name, keys)}");
        }
    }
}
