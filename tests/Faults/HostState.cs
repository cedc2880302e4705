using System.Text.RegularExpressions;
using CniPlugins.Linux;

namespace CniPlugins.Tests.Faults;

/// <summary>All that an attachment could leave on a host and in its pod, as lines to compare, told by ip, tc and nft.</summary>
/// <remarks>Left out is what comes and goes by itself: carriers, link-local addresses, neighbours' states, the times of addresses.</remarks>
internal sealed partial class HostState
{
    private const string Questions = "/run/faults.ip";
    private static readonly string[] PodSettings4 = ["arp_filter", "route_localnet", "accept_redirects", "arp_notify", "forwarding"];
    private static readonly string[] Settings6 = ["accept_ra", "accept_redirects", "accept_dad", "disable_ipv6", "keep_addr_on_down", "forwarding"];

    private List<string> _lines = [];

    private HostState()
    {
    }

    public static HostState Of(Host host, string? pod, Network network)
    {
        var state = new HostState();
        if (!File.Exists(Questions))
            File.WriteAllText(Questions, "link show\naddr show\nroute show table all\nrule show\nneigh show\n");
        host.InHost(() => state.AddNamespace("host", withRules: true, network.HasLimits));
        if (pod is not null)
        {
            using var netns = Netns.Open(pod);
            netns.Run(() => state.AddNamespace("pod", withRules: false, network.HasLimits));
        }

        foreach (var directory in new[] { host.Directory, "/run/cni", "/var/lib/cni" }.Where(Directory.Exists))
            state.AddFiles(directory);
        if (network.IsFirst)
            state._lines = [.. state._lines.Select(line => Individual().Replace(line, " ").Replace(host.Name, "host", StringComparison.Ordinal))];
        state._lines.Sort(StringComparer.Ordinal);
        return state;
    }

    /// <summary>What is here and was not there before.</summary>
    public IReadOnlyList<string> Without(HostState before)
    {
        var rest = _lines.ToList();
        foreach (var line in before._lines)
            rest.Remove(line);
        return rest;
    }

    private bool AddNamespace(string where, bool withRules, bool withQueues)
    {
        Add(where, Host.Command("ip", "-o", "-batch", Questions));
        AddSettings(where);
        if (withQueues)
            Add($"{where} tc", Host.Command("tc", "qdisc", "show"));
        if (withRules)
        {
            Add($"{where} nft", Host.Command("nft", "list", "ruleset"));
            if (File.Exists("/proc/thread-self/net/nf_conntrack"))
                Add($"{where} conntrack", string.Join('\n', File.ReadLines("/proc/thread-self/net/nf_conntrack").Where(line => line.Contains(" udp ", StringComparison.Ordinal))));
        }

        return true;
    }

    private void Add(string where, string text)
    {
        foreach (var line in text.Split('\n').Select(line => Blanks().Replace(Volatile().Replace(line, ""), " ").Trim(' ', ',', '{', '}')).Where(line => line.Length > 0))
        {
            if (!line.Contains("fe80:", StringComparison.Ordinal) && !line.Contains("ff00::", StringComparison.Ordinal) && !line.Contains("anycast", StringComparison.Ordinal))
                _lines.Add($"{where}: {line}");
        }
    }

    private void AddSettings(string where)
    {
        _lines.Add($"{where}: ip_forward {Sysctl.Read("net/ipv4/ip_forward")} {Sysctl.Read("net/ipv6/conf/all/forwarding")}");
        foreach (var link in DiskFile.Names("/proc/sys/net/ipv4/conf"))
            _lines.Add($"{where}: ipv4 of {link}: {string.Join(' ', PodSettings4.Select(name => Sysctl.Read($"net/ipv4/conf/{link}/{name}")))}");
        foreach (var link in DiskFile.Names("/proc/sys/net/ipv6/conf"))
            _lines.Add($"{where}: ipv6 of {link}: {string.Join(' ', Settings6.Select(name => Sysctl.Read($"net/ipv6/conf/{link}/{name}")))}");
    }

    /// <summary>
    /// Of host-local, its reservations: locks, the memory of the last address and the index, a hint that the next call renews, are nobody's. Nor is the one file that
    /// the local datastore writes a new version into: whoever is killed there leaves it to the next.
    /// </summary>
    private void AddFiles(string directory)
    {
        foreach (var path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetFileName(path);
            if (name != ".new" && !name.EndsWith(".lock", StringComparison.Ordinal) && !name.StartsWith("lock", StringComparison.Ordinal) && !name.StartsWith("last_reserved_ip", StringComparison.Ordinal) && !path.Contains("/.index/", StringComparison.Ordinal))
                _lines.Add($"file {path}: {(path.Contains("/blocks/", StringComparison.Ordinal) ? Owners(path) : File.ReadAllText(path).ReplaceLineEndings(" "))}");
        }
    }

    /// <summary>Whom a block names: in which order its free addresses will be given is nobody's.</summary>
    private static string Owners(string path) =>
        string.Join(' ', Attached().Matches(File.ReadAllText(path)).Select(match => match.Value).Distinct().Order(StringComparer.Ordinal));

    /// <summary>What differs from host to host.</summary>
    [GeneratedRegex(@"(?<=: )\d+: |link/ether \S+")]
    private static partial Regex Individual();

    [GeneratedRegex(@"neighbour|subject\d*")]
    private static partial Regex Attached();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"\b(state \w+|valid_lft \S+ preferred_lft \S+|expires \S+|NO-CARRIER,|,LOWER_UP|,M-DOWN|(STALE|REACHABLE|DELAY|PROBE|FAILED|INCOMPLETE|NOARP)$|router|tentative|linkdown|refcnt \d+|elements = \{|lladdr \S+|used \S+|udp +17 \d+)")]
    private static partial Regex Volatile();
}
