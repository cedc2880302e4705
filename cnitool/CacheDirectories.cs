using System.CommandLine;
using CniPlugins.Cnitool.Topology.Reading;

namespace CniPlugins.Cnitool;

/// <summary>The option by which a command that looks at the whole host is told whose caches count.</summary>
internal static class CacheDirectories
{
    /// <summary><c>--cache-dir DIRECTORY</c>, which may be repeated.</summary>
    public static Option<string[]> Option() => new("--cache-dir")
    {
        Description = $"a directory of cached results, may be repeated (default: {string.Join(", ", CacheReader.DefaultDirectories)})",
        HelpName = "DIRECTORY",
    };

    /// <summary>Those that were given, else those that libcni's users have.</summary>
    public static IReadOnlyList<string> Of(ParseResult parsed, Option<string[]> option) =>
        parsed.GetValue(option) is { Length: > 0 } given ? given : CacheReader.DefaultDirectories;
}
