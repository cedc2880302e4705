namespace CniPlugins.Cnitool;

/// <summary>What the other end of the output can show and answer; a pipe or a file can do nothing of it.</summary>
internal sealed record Terminal
{
    /// <summary>A pipe, a file, a test.</summary>
    public static Terminal None { get; } = new();

    /// <summary>Whether text may be coloured (a terminal, and https://no-color.org does not object).</summary>
    public bool HasColour { get; init; }

    /// <summary>Whether the locale's character set is UTF-8.</summary>
    public bool HasUnicode { get; init; }

    /// <summary>Reads one line from the person there; null when nobody is.</summary>
    public Func<string?>? Ask { get; init; }

    /// <summary>This process's own standard streams.</summary>
    public static Terminal Of(IReadOnlyDictionary<string, string> environment) => new()
    {
        HasColour = !Console.IsOutputRedirected && environment.GetValueOrDefault("NO_COLOR", "").Length == 0 && environment.GetValueOrDefault("TERM", "") is not ("" or "dumb"),
        HasUnicode = Locale(environment).Contains("UTF-8", StringComparison.OrdinalIgnoreCase) || Locale(environment).Contains("utf8", StringComparison.OrdinalIgnoreCase),
        Ask = Console.IsInputRedirected || Console.IsOutputRedirected ? null : Console.In.ReadLine,
    };

    /// <summary>locale(7): the first of these that says anything.</summary>
    private static string Locale(IReadOnlyDictionary<string, string> environment) =>
        new[] { "LC_ALL", "LC_CTYPE", "LANG" }.Select(name => environment.GetValueOrDefault(name, "")).FirstOrDefault(text => text.Length > 0) ?? "";
}
