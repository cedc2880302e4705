namespace CniPlugins.Cni;

/// <summary>The pairs of CNI_ARGS (<c>IgnoreUnknown=1;MAC=…</c>), of which a plugin may know some.</summary>
internal sealed class CniArgs
{
    private readonly List<(string Key, string Value)> _pairs = [];

    /// <summary>
    /// Decodes the pairs for a plugin that knows these keys (case-sensitive, as upstream's); throws code 999 in upstream's words for a bad
    /// pair, and for unknown keys unless IgnoreUnknown says otherwise.
    /// </summary>
    public static CniArgs Parse(string text, params ReadOnlySpan<string> known)
    {
        var args = new CniArgs();
        if (text.Length == 0)
            return args;

        var unknown = new List<string>();
        var ignoreUnknown = false;
        foreach (var pair in text.Split(';'))
        {
            if (pair.Split('=') is not [var key, var value])
                throw new CniException($"ARGS: invalid pair \"{pair}\"");
            if (key == "IgnoreUnknown")
                ignoreUnknown = Boolean(pair, value);
            else if (known.Contains(key))
                args._pairs.Add((key, value));
            else
                unknown.Add(pair);
        }

        return unknown.Count == 0 || ignoreUnknown
            ? args
            : throw new CniException($"ARGS: unknown args [{string.Join(' ', unknown.Select(pair => $"\"{pair}\""))}]");
    }

    /// <summary>The last value given for a key, or null.</summary>
    public string? this[string key] => _pairs.LastOrDefault(pair => pair.Key == key).Value;

    private static bool Boolean(string pair, string value) => value.ToLowerInvariant() switch
    {
        "1" or "true" => true,
        "0" or "false" => false,
        var other => throw new CniException($"ARGS: error parsing value of pair \"{pair}\": boolean unmarshal error: invalid input {other}"),
    };
}
