using System.Text.RegularExpressions;

namespace CniPlugins.Tests.Support;

/// <summary>What is on a host for each attachment (<c>CONTAINER IFNAME</c>), as others see it: links, elements, leases, backups, remembered results.</summary>
/// <remarks>Whatever names no owner is held by <see cref="Nobody"/>, but for <c>lo</c> and bridges.</remarks>
internal static partial class Holdings
{
    public const string Nobody = "nobody";

    /// <summary>A line for each attachment, as <c>element a*6, lease a*2, link a*2, record a*1 …</c>, with the network's name where there is one.</summary>
    public static SortedDictionary<string, string> Of(Sandbox host)
    {
        var all = Links(host).Concat(Elements(host)).Concat(Leases(host)).Concat(Records(host)).Concat(Backups(host)).Concat(Results(host));
        var held = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var attachment in all.GroupBy(thing => thing.Owner))
            held[attachment.Key] = string.Join(", ", attachment.CountBy(thing => thing.What).Select(kind => $"{kind.Key}*{kind.Value}").Order(StringComparer.Ordinal));
        return held;
    }

    private static IEnumerable<(string Owner, string What)> Links(Sandbox host) =>
        from link in host.IpJson("link show").EnumerateArray()
        let name = link.GetProperty("ifname").GetString()!
        where name != "lo" && !(link.TryGetProperty("linkinfo", out var info) && info.TryGetProperty("info_kind", out var kind) && kind.GetString() == "bridge")
        select link.TryGetProperty("ifalias", out var alias) && Owned("link", alias.GetString()!) is { } owned ? owned : (Nobody, $"link {name}");

    private static IEnumerable<(string Owner, string What)> Elements(Sandbox host) =>
        Owner().Matches(host.InHost("nft", "list", "ruleset")).Select(match => Owned("element", match.Value)!.Value);

    private static IEnumerable<(string Owner, string What)> Leases(Sandbox host) =>
        from network in Directories(Conf.LeaseDirectory(host))
        where Path.GetFileName(network) != ".index"
        from file in Directory.GetFiles(network)
        where System.Net.IPAddress.TryParse(Path.GetFileName(file), out _)
        let lines = File.ReadAllText(file).Split("\r\n")
        select lines.Length > 1 ? ($"{lines[0]} {lines[1]}", $"lease {Path.GetFileName(network)}") : (Nobody, $"lease {file}");

    private static IEnumerable<(string Owner, string What)> Records(Sandbox host) =>
        from network in Directories(Path.Combine(Conf.LeaseDirectory(host), ".index"))
        from file in Files(Path.Combine(network, "owners"))
        select (Path.GetFileName(file).Replace(':', ' '), $"record {Path.GetFileName(network)}");

    private static IEnumerable<(string Owner, string What)> Backups(Sandbox host) =>
        Files(FullChain.BackupDirectory(host)).Select(file => (Path.GetFileNameWithoutExtension(file).Replace('_', ' '), "backup"));

    private static IEnumerable<(string Owner, string What)> Results(Sandbox host) =>
        from file in Files(Path.Combine(host.Directory, "cache", "results"))
        let name = Path.GetFileName(file)
        where name[0] != '.' // a temporary file that a kill has left has no owner, and is no entry
        let parts = name.Split('-', 2)
        let cut = parts[1].LastIndexOf('-')
        select ($"{parts[1][..cut]} {parts[1][(cut + 1)..]}", $"result {parts[0]}");

    private static (string Owner, string What)? Owned(string what, string text) =>
        Owner().Match(text) is { Success: true } match ? ($"{match.Groups[3].Value} {match.Groups[2].Value}", $"{what} {match.Groups[1].Value}") : null;

    private static string[] Directories(string path) => Directory.Exists(path) ? Directory.GetDirectories(path) : [];

    private static string[] Files(string path) => Directory.Exists(path) ? Directory.GetFiles(path) : [];

    [GeneratedRegex("net: ([A-Za-z0-9_.-]+), if: ([^ ,]+), id: ([A-Za-z0-9_.-]+)")]
    private static partial Regex Owner();
}
