using System.Text.Json;
using CniPlugins.Linux;

namespace CniPlugins.Tests.Support;

/// <summary>A throw-away "host": a network namespace of its own for one test, with as many pods beside it as the test asks for.</summary>
/// <remarks>scripts/test.sh gives the whole run a private mount namespace, so nothing here reaches the machine's own /run/netns.</remarks>
internal sealed class Sandbox : IDisposable
{
    private readonly List<string> _namespaces = [];

    public Sandbox()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CNI_PLUGINS_SANDBOX") == "1",
            "needs root and a private mount namespace: run scripts/test.sh");
        Directory = System.IO.Directory.CreateTempSubdirectory("cni-test-").FullName;
        HostName = Add("h");
        Ip("link set lo up");
    }

    /// <summary>A directory of this test's own, removed with it.</summary>
    public string Directory { get; }

    /// <summary>The host's name for <c>ip netns</c>.</summary>
    public string HostName { get; }

    /// <summary>The host's namespace.</summary>
    public string HostPath => PathOf(HostName);

    /// <summary>A new pod's namespace; returns its path.</summary>
    public string AddPod() => PathOf(Add("p"));

    /// <summary>Many pods at once, by one run of ip.</summary>
    public IReadOnlyList<string> AddPods(int count)
    {
        var names = Enumerable.Range(0, count).Select(_ => $"p{Guid.NewGuid():N}"[..14]).ToList();
        _namespaces.AddRange(names);
        Batch("add", names);
        return [.. names.Select(PathOf)];
    }

    /// <summary>A bridge with a hardware address of its own: one without follows its ports, and has none when they are gone.</summary>
    public void AddBridge(string name = "br0") => Ip($"link add {name} up address 02:00:00:00:0b:0b type bridge");

    /// <summary>The host as our code sees it.</summary>
    public Netns OpenHost() => Netns.Open(HostPath);

    /// <summary>ip …, in the host.</summary>
    public string Ip(string command) => Tool.Run("ip", ["-n", HostName, .. command.Split(' ')]);

    /// <summary>ip -j …, in the host.</summary>
    public JsonElement IpJson(string command) => Tool.Json("ip", ["-n", HostName, "-j", "-d", .. command.Split(' ')]);

    /// <summary>ip …, in a pod.</summary>
    public static string PodIp(string pod, string command) => Tool.Run("ip", ["-n", Path.GetFileName(pod), .. command.Split(' ')]);

    /// <summary>ip -j …, in a pod.</summary>
    public static JsonElement PodIpJson(string pod, string command) =>
        Tool.Json("ip", ["-n", Path.GetFileName(pod), "-j", "-d", .. command.Split(' ')]);

    /// <summary>Runs a program inside the host's namespace.</summary>
    public string InHost(string program, params string[] arguments) => Tool.Run("nsenter", [$"--net={HostPath}", program, .. arguments]);

    /// <summary>Runs a program inside a pod's namespace.</summary>
    public static ToolResult TryInPod(string pod, string program, params string[] arguments) =>
        Tool.Try("nsenter", [$"--net={pod}", program, .. arguments]);

    /// <summary>Whether something comes true within five seconds.</summary>
    public static bool Eventually(Func<bool> condition)
    {
        for (var attempt = 0; attempt < 50; attempt++)
        {
            if (condition())
                return true;
            Thread.Sleep(100);
        }

        return condition();
    }

    /// <summary>ip netns del: what a runtime does when the pod is gone.</summary>
    public void RemovePod(string pod)
    {
        Tool.Run("ip", "netns", "del", Path.GetFileName(pod));
        _namespaces.Remove(Path.GetFileName(pod));
    }

    public void Dispose()
    {
        Batch("del", _namespaces);
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static void Batch(string verb, IEnumerable<string> names) => Tool.Try(
        "ip", ["-force", "-batch", "-"], System.Text.Encoding.UTF8.GetBytes(string.Concat(names.Select(name => $"netns {verb} {name}\n"))), environment: null);

    private static string PathOf(string name) => $"/run/netns/{name}";

    private string Add(string kind)
    {
        var name = $"{kind}{Guid.NewGuid():N}"[..14];
        Tool.Run("ip", "netns", "add", name);
        _namespaces.Add(name);
        return name;
    }
}
