using System.Text;
using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Tuning;

/// <summary>An administrator's list of the settings that networks may change: a regular expression in each line of a file (plugins/meta/tuning/tuning.go).</summary>
internal sealed class Allowlist
{
    public const string Path = "/etc/cni/tuning/allowlist.conf";

    private readonly List<string> _lines = [];
    private readonly List<Pattern> _patterns = [];

    private Allowlist(string text)
    {
        foreach (var line in text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0))
        {
            _lines.Add(line);
            _patterns.Add(Pattern.Parse(line));
        }
    }

    /// <summary>Throws unless every key is allowed; without a file all are, with an empty one none.</summary>
    public static void Require(IEnumerable<string> keys)
    {
        if (DiskFile.Read(Path) is { } bytes)
            Parse(Encoding.UTF8.GetString(bytes)).RequireAll(keys);
    }

    /// <summary>Throws code 999 for a line that is no regular expression.</summary>
    public static Allowlist Parse(string text) => new(text);

    public void RequireAll(IEnumerable<string> keys)
    {
        if (keys.FirstOrDefault(key => !_patterns.Any(pattern => pattern.Matches(key))) is { } refused)
        {
            throw new CniException(
                $"Sysctl {refused} is not allowed. Only the following sysctls are allowed: [{string.Join(' ', _lines)}]", $"{Path} has the list");
        }
    }
}
