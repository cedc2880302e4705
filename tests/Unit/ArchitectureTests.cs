using System.Text.RegularExpressions;

namespace CniPlugins.Tests.Unit;

/// <summary>Who may call whom: README's map, enforced by reading every using line.</summary>
public sealed partial class ArchitectureTests
{
    // Floors by folder → the floors they may stand on. What is not listed here is not allowed to exist.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["common/Digest"] = [],
        ["common/Linux"] = [],
        ["common/Net"] = [],
        ["common/Netlink"] = ["Linux", "Net", "Netlink"],
        ["common/Route"] = ["Linux", "Net", "Netlink", "Route"],
        ["common/Traffic"] = ["Linux", "Netlink", "Route", "Traffic"],
        ["common/Nftables"] = ["Linux", "Net", "Netlink", "Nftables"],
        ["common/Iptables"] = ["Linux", "Net", "Nftables", "Iptables"],
        ["common/Conntrack"] = ["Linux", "Net", "Netlink", "Conntrack"],
        ["common/Http"] = ["Linux", "Http"],
        ["common/Cni"] = ["Linux", "Net", "Cni"],
        ["common/Kubernetes"] = ["Cni", "Http", "Linux", "Kubernetes"],
        ["common/Attachment"] = ["Cni", "Digest", "Linux", "Net", "Nftables", "Netlink", "Conntrack", "Iptables", "Route", "Attachment"],
        ["common/Runtime"] = ["Cni", "Digest", "Linux", "Net", "Runtime"],
        ["ipam/Dhcp"] = ["Cni", "Ipam", "Linux", "Net", "Netlink", "Route"],
        ["ipam/HostLocal"] = ["Cni", "Digest", "Linux", "Net", "Ipam"],
        ["ipam/Blocks"] = ["Cni", "Digest", "Http", "Kubernetes", "Linux", "Net", "Ipam"],
        ["ipam/CalicoIpam"] = ["Cni", "Kubernetes", "Linux", "Net", "Ipam"],
        ["ipam/Static"] = ["Cni", "Net", "Ipam"],
        ["plugins/Calico"] = ["Attachment", "Cni", "Digest", "Http", "Ipam", "Kubernetes", "Linux", "Net", "Netlink", "Route", "Calico"],
        ["plugins/Node"] = ["Cni", "Ipam", "Linux", "Node"],
        ["cnitool"] = ["Attachment", "Calico", "Cni", "Digest", "Ipam", "Iptables", "Linux", "Net", "Nftables", "Route", "Runtime", "Traffic", "Cnitool"],
    };

    // Plugins stand on everything common, never on each other and never on ipam.
    private static readonly string[] ForPlugins = ["Attachment", "Cni", "Conntrack", "Digest", "Iptables", "Linux", "Net", "Netlink", "Nftables", "Route", "Traffic"];

    /// <summary>The checkout.</summary>
    public static readonly string Root = FindRoot();

    [Fact]
    public void Every_floor_calls_only_the_floors_below_it()
    {
        var files = Sources().ToList();
        Assert.True(files.Count > 60, $"only {files.Count} source files found below {Root}");
        var wrong = new List<string>();
        foreach (var (path, floor) in files)
        {
            var allowed = AllowedFor(floor);
            if (allowed is null)
            {
                wrong.Add($"{path}: no rule for {floor}");
                continue;
            }

            wrong.AddRange(Used(path).Where(used => !allowed.Contains(used)).Select(used => $"{path} uses CniPlugins.{used}"));
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void The_kernels_words_stay_inside_their_own_floor()
    {
        var wrong = Sources()
            .SelectMany(source => UapiUse().Matches(File.ReadAllText(source.Path)).Select(match => (source.Path, source.Floor, Of: match.Groups[1].Value)))
            .Where(use => !use.Floor.EndsWith($"/{use.Of}", StringComparison.Ordinal)
                && !(use.Of == "Netlink" && use.Floor is "common/Route" or "common/Traffic" or "common/Nftables" or "common/Conntrack"))
            .Select(use => $"{use.Path} uses {use.Of}.Uapi").ToList();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Only_the_floor_of_system_calls_speaks_C()
    {
        var files = Sources().ToList();
        var speakers = files.Where(source => SpeaksC().IsMatch(Code(source.Path))).ToList();
        var wrong = speakers.Where(source => source.Floor != "common/Linux").Select(source => source.Path).ToList();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.NotEmpty(speakers);
    }

    [Theory]
    [InlineData("System.Diagnostics.Process")]
    [InlineData("Process.Start")]
    [InlineData("Task.Run")]
    [InlineData("async ")]
    [InlineData("DllImport(")]
    [InlineData("System.Reflection")]
    [InlineData("System.Security.Cryptography")]
    [InlineData("ThreadPool")]
    [InlineData("Thread.Sleep")]
    [InlineData("NotImplementedException")]
    public void Shipped_code_does_without(string banned)
    {
        // OpenSSL is linked into the executables that speak TLS, and only this floor calls it, and one file for digests of theirs.
        var (exempt, file) = banned == "System.Security.Cryptography" ? ("common/Http", "OpenSslDigest.cs") : ("", "none");
        var wrong = Sources().Where(source => source.Floor != exempt && Path.GetFileName(source.Path) != file && Code(source.Path).Contains(banned, StringComparison.Ordinal)).Select(source => source.Path).ToList();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void No_file_is_longer_than_a_reader_can_hold()
    {
        var wrong = Sources().Select(source => (source.Path, Lines: File.ReadLines(source.Path).Count()))
            .Where(file => file.Lines > 300).Select(file => $"{file.Path}: {file.Lines} lines").ToList();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static string[]? AllowedFor(string floor) =>
        Allowed.TryGetValue(floor, out var allowed) ? allowed
        : floor == "plugins" ? [.. ForPlugins, .. Directory.GetDirectories(Path.Combine(Root, "plugins")).Select(Path.GetFileName).OfType<string>(), "Ipam"]
        : floor.StartsWith("plugins/", StringComparison.Ordinal) ? [.. ForPlugins, Path.GetFileName(floor)]
        : null;

    private static IEnumerable<(string Path, string Floor)> Sources()
    {
        foreach (var top in new[] { "common", "ipam", "plugins", "cnitool" })
        {
            foreach (var path in Directory.EnumerateFiles(Path.Combine(Root, top), "*.cs", SearchOption.AllDirectories))
            {
                var parts = Path.GetRelativePath(Root, path).Split('/');
                if (!parts.Contains("obj") && !parts.Contains("bin"))
                    yield return (path, parts[0] == "cnitool" || parts.Length == 2 ? parts[0] : $"{parts[0]}/{parts[1]}");
            }
        }
    }

    /// <summary>A file without its comments, which may name what they avoid.</summary>
    private static string Code(string path) => Comment().Replace(File.ReadAllText(path), "");

    private static IEnumerable<string> Used(string path) =>
        Using().Matches(File.ReadAllText(path)).Select(match => match.Groups[1].Value).Distinct();

    private static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "CniPlugins.sln")))
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("no CniPlugins.sln above the tests");
        return directory;
    }

    [GeneratedRegex(@"^using (?:static )?CniPlugins\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"\bLibc\.|\bTmds\.Linux\b|\bLibraryImport\b")]
    private static partial Regex SpeaksC();

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^using CniPlugins\.(\w+)\.Uapi", RegexOptions.Multiline)]
    private static partial Regex UapiUse();
}
