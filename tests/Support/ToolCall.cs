using System.Globalization;

namespace CniPlugins.Tests.Support;

/// <summary>The published cnitool on a sandbox's host, with networks, plugins and a cache of the test's own.</summary>
internal sealed class ToolCall
{
    private readonly Sandbox _host;
    private readonly string _tool = Path.Combine(CniCall.OurBin, "cnitool");

    public ToolCall(Sandbox host)
    {
        Assert.SkipUnless(File.Exists(_tool), $"no cnitool in {CniCall.OurBin}: run scripts/build.sh");
        _host = host;
        Directory.CreateDirectory(ConfigPath);
    }

    /// <summary>When given, what the kernel says about which boot this is (a file in place of /proc/sys/kernel/random/boot_id).</summary>
    public string? BootIdFile { get; set; }

    /// <summary>What new files' modes are without; the test run's own when null.</summary>
    public string? Umask { get; init; }

    private string ConfigPath => Path.Combine(_host.Directory, "net.d");

    /// <summary>The runtime whose cache is used: each has a directory of its own.</summary>
    public string Cache { get; set; } = "cache";

    private string CachePath => Path.Combine(_host.Directory, Cache);

    /// <summary>A network of this host.</summary>
    public void Define(string name, string conflist) => File.WriteAllText(Path.Combine(ConfigPath, $"{name}.conflist"), conflist);

    /// <summary>add, check, del of a pod's interface.</summary>
    /// <param name="patience">When given, all of it is killed after so long (SIGKILL: the tool and the plugin that it runs), and nothing of it is left then.</param>
    public ToolResult Run(string verb, string network, string pod, string ifName, int hostPort, TimeSpan? patience = null) =>
        Execute([verb, network, pod, "-i", ifName, "--cache-dir", CachePath], FullChain.Capabilities(hostPort), patience);

    /// <summary>gc; every attachment that is not named (<c>ID/IFNAME</c>) goes.</summary>
    /// <param name="listed">When the caller made the list (CLOCK_BOOTTIME, ns), if it says so.</param>
    public ToolResult Gc(string network, IEnumerable<string> keep, TimeSpan? patience = null, long? listed = null) =>
        Execute(["gc", network, "--cache-dir", CachePath, "--all", "--yes", .. keep.SelectMany(one => new[] { "--keep", one })], "", patience, listed);

    /// <summary>gc as a person runs it, with the caches of several runtimes.</summary>
    public ToolResult Collect(string network, IEnumerable<string> caches, params string[] options) =>
        Execute(["gc", network, .. caches.SelectMany(cache => new[] { "--cache-dir", Path.Combine(_host.Directory, cache) }), .. options], "", patience: null);

    /// <summary>doctor, repair, why or metrics, which look at the whole host.</summary>
    public ToolResult Look(string verb, params string[] options) => Execute([verb, "--cache-dir", CachePath, .. options], "", patience: null);

    /// <summary>As if the runtime had lost its memory of an attachment.</summary>
    public void Forget(string network, string pod, string ifName) => File.Delete(Path.Combine(CachePath, "results", $"{network}-{IdOf(pod)}-{ifName}"));

    /// <summary>The container ID that the tool gives to a namespace.</summary>
    public static string IdOf(string pod) => Cnitool.ToolSettings.ContainerIdOf(pod);

    /// <summary>The first process of a namespace of processes takes all others with it, and its parent knows when they are gone.</summary>
    private ToolResult Execute(string[] arguments, string capabilities, TimeSpan? patience, long? listed = null)
    {
        string[] kill = patience is { } time
            ? ["unshare", "--pid", "--fork", "sh", "-c", "timeout -s KILL \"$0\" \"$@\"; exit $?", time.TotalSeconds.ToString("0.0000", CultureInfo.InvariantCulture)]
            : [];
        string[] boot = BootIdFile is { } file
            ? ["unshare", "--mount", "sh", "-ec", "mount --bind \"$0\" /proc/sys/kernel/random/boot_id; exec \"$@\"", file]
            : [];
        string[] mask = Umask is { } umask ? ["sh", "-ec", $"umask {umask}; exec \"$0\" \"$@\""] : [];
        return Tool.Try(
            "nsenter", [$"--net={_host.HostPath}", .. mask, .. boot, .. kill, _tool, .. arguments], [],
            new Dictionary<string, string>
            {
                ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "",
                ["NETCONFPATH"] = ConfigPath,
                ["CNI_PATH"] = CniCall.OurBin,
                ["CAP_ARGS"] = capabilities,
                [Cni.CniEnvironment.GcStartedName] = $"{listed}",
            });
    }
}
