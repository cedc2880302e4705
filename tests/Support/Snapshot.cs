using System.Text.Json;

namespace CniPlugins.Tests.Support;

/// <summary>All that an attachment could leave behind on a host and in a pod, as lines to compare.</summary>
/// <remarks>Link-local addresses and what the kernel derives from them come and go with carriers by themselves, so they are left out.</remarks>
internal static class Snapshot
{
    public static string Of(Sandbox host, params string[] pods)
    {
        var lines = Of("host", command => Tool.Json("ip", ["-n", host.HostName, "-j", .. command.Split(' ')]));
        foreach (var pod in pods.Where(File.Exists))
            lines.AddRange(Of("pod", command => Tool.Json("ip", ["-n", Path.GetFileName(pod), "-j", .. command.Split(' ')])));
        lines.AddRange(Files(host));
        return string.Join('\n', lines);
    }

    /// <summary>Asserts that everything is as it was, at once or as soon as the kernel's workers have caught up.</summary>
    public static void ShouldBecome(string before, Sandbox host, params string[] pods)
    {
        for (var attempt = 0; attempt < 100 && Of(host, pods) != before; attempt++)
            Thread.Sleep(50);
        Assert.Equal(before, Of(host, pods));
    }

    private static List<string> Of(string where, Func<string, JsonElement> ip)
    {
        var lines = ip("link").EnumerateArray().Select(link => $"link {Text(link, "ifname", "address", "mtu", "master", "ifalias")}").ToList();
        lines.AddRange(ip("addr").EnumerateArray().SelectMany(link => link.GetProperty("addr_info").EnumerateArray()
            .Where(address => Text(address, "scope") != "link").Select(address => $"address {Text(link, "ifname")} {Text(address, "local", "prefixlen")}")));
        foreach (var family in new[] { "-4", "-6" })
            lines.AddRange(ip($"{family} route show table all").EnumerateArray().Select(route => $"route {Text(route, "type", "dst", "gateway", "dev", "table")}"));
        // A forwarding host has an anycast route for each network; both are the addresses', and the kernel's workers make them when they find time.
        lines.RemoveAll(line => line.StartsWith("route anycast", StringComparison.Ordinal) || line.StartsWith("route local", StringComparison.Ordinal));
        lines.AddRange(ip("neigh").EnumerateArray().Select(neighbour => $"neighbour {Text(neighbour, "dst", "dev")}"));
        return [.. lines.Where(line => !line.Contains("fe80", StringComparison.Ordinal) && !line.Contains("ff00", StringComparison.Ordinal))
            .Select(line => $"{where}: {line}").Order()];
    }

    /// <summary>Reservations with their owners; a lock, a memory of the last address and an index are no debris.</summary>
    private static IEnumerable<string> Files(Sandbox host) =>
        Directory.Exists(Conf.LeaseDirectory(host))
            ? Directory.GetFiles(Conf.LeaseDirectory(host), "*", SearchOption.AllDirectories)
                .Where(file => System.Net.IPAddress.TryParse(Path.GetFileName(file), out _) && !file.Contains("/.index/", StringComparison.Ordinal)).Order()
                .Select(file => $"lease {file}: {File.ReadAllText(file).ReplaceLineEndings(" ")}")
            : [];

    private static string Text(JsonElement element, params string[] names) =>
        string.Join(' ', names.Select(name => element.TryGetProperty(name, out var value) ? value.ToString() : "-"));
}
