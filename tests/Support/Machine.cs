using System.Diagnostics;
using CniPlugins.Linux;

namespace CniPlugins.Tests.Support;

/// <summary>
/// A throw-away machine whose networks are in /etc/cni/net.d and whose plugins, ours, are in /opt/cni/bin and /usr/lib/cni: a sandbox's host in a process,
/// mount and network namespace of its own, and a remote machine beside it that knows no way back to pods.
/// </summary>
/// <remarks>No process can outlive it: the namespace's first process ends with this object, or with the tests.</remarks>
internal sealed class Machine : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Neighbourhood _neighbourhood = new();
    private readonly Process? _first;
    private readonly string _pid = "";

    public Machine()
    {
        try
        {
            Assert.SkipUnless(File.Exists(Path.Combine(CniCall.OurBin, "bridge")), $"no plugins in {CniCall.OurBin}: run scripts/build.sh");
            Directory.CreateDirectory(PathOf("net.d"));
            _first = StartFirst();
            _pid = File.ReadAllText(PathOf("pid")).Trim();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public Sandbox Host => _neighbourhood.Host;

    /// <summary>Outside the machine, at 192.0.2.2 and 2001:db8::2; the machine is 192.0.2.1 and 2001:db8::1.</summary>
    public Netns Remote => _neighbourhood.Remote;

    public string RemotePath => _neighbourhood.RemotePath;

    /// <summary>A parent for the cgroups of containers, which goes with the machine: /sys/fs/cgroup is everybody's.</summary>
    public string Cgroup => $"cni-{Host.HostName}";

    /// <summary>A file of the machine's that the tests can see too.</summary>
    public string PathOf(string name) => Path.Combine(Host.Directory, name);

    /// <summary>Puts a network into /etc/cni/net.d.</summary>
    public void AddNetwork(string file, string conflist) => File.WriteAllText(Path.Combine(PathOf("net.d"), file), conflist);

    /// <summary>Runs a program on the machine; fails the test with the runtime's log when it fails.</summary>
    public string Run(params string[] command)
    {
        var result = Try(command);
        Assert.True(result.ExitCode == 0, Diagnosis($"{string.Join(' ', command)}: exit {result.ExitCode}\n{result.Output}{result.Error}"));
        return result.Output;
    }

    /// <summary>Runs a program on the machine and returns whatever it did; killed after a minute.</summary>
    public ToolResult Try(params string[] command) => Tool.Try("nsenter", [.. Entering, "timeout", "-s", "KILL", $"{Patience.TotalSeconds}", .. command]);

    /// <summary>Runs a program on the machine beside the test; it ends with the machine at the latest.</summary>
    public Process Begin(params string[] command) =>
        Process.Start(new ProcessStartInfo("nsenter", [.. Entering, .. command]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;

    /// <summary>Runs a program on the remote machine.</summary>
    public string RunRemotely(params string[] command) => Tool.Run("nsenter", [$"--net={RemotePath}", .. command]);

    /// <summary>The same when it may fail.</summary>
    public ToolResult TryRemotely(params string[] command) => Tool.Try("nsenter", [$"--net={RemotePath}", .. command]);

    /// <summary>Waits for something to become true.</summary>
    public void Until(Func<bool> condition, string otherwise)
    {
        for (var watch = Stopwatch.StartNew(); !condition(); Thread.Sleep(20))
            Assert.True(watch.Elapsed < Patience, Diagnosis(otherwise));
    }

    /// <summary>
    /// All that pods could leave behind, as lines to compare: links, addresses, routes, queueing disciplines, rules, leases, results, namespaces. What the
    /// kernel has learned of neighbours is forgotten; what somebody told it is not.
    /// </summary>
    public string Traces()
    {
        Run("ip", "neigh", "flush", "all");
        var files = from file in Directory.GetFiles(PathOf("cni"), "*", SearchOption.AllDirectories)
                    where !file.Contains("/.index/", StringComparison.Ordinal) && Path.GetFileName(file) != "lock"
                        && !Path.GetFileName(file).StartsWith("last_reserved", StringComparison.Ordinal)
                    orderby file
                    select $"file {file}";
        return string.Join('\n',
            [Snapshot.Of(Host), Run("tc", "qdisc", "show"), PortNetwork.Rules(Host), .. files, .. Run("ls", "/run/netns").Split('\n').Select(name => $"namespace {name}")]);
    }

    /// <summary>Waits until nothing is there but what was before: a namespace, and the links in it, die in the background.</summary>
    public void UntilOnly(string before)
    {
        var now = "";
        if (SpinWait.SpinUntil(() => (now = Traces()) == before, TimeSpan.FromSeconds(30)))
            return;
        var (left, gone) = (now.Split('\n').Except(before.Split('\n')), before.Split('\n').Except(now.Split('\n')));
        Assert.Fail(Diagnosis(string.Join('\n', [.. left.Select(line => $"left: {line}"), .. gone.Select(line => $"gone: {line}")])));
    }

    /// <summary>Lets an ADD run until it has come behind a plugin of <see cref="RuntimeNetwork.Held"/>, counted from one, and stop there while something else happens.</summary>
    public void HoldBehind(int plugin, Action add, Action meanwhile)
    {
        File.WriteAllText(PathOf("hold"), $"{plugin}");
        add();
        Until(() => File.Exists(PathOf("held")), "no plugin is held");
        meanwhile();
        File.Delete(PathOf("hold"));
        Until(() => !File.Exists(PathOf("held")), "the plugin stays");
    }

    /// <summary>cnitool …, with the plugins in /opt/cni/bin.</summary>
    public string Cnitool(params string[] arguments) => Run(["env", "CNI_PATH=/opt/cni/bin", "/opt/cni/bin/cnitool", .. arguments]);

    /// <summary>
    /// What a newer runtime does when it starts: it tells all plugins which attachments are valid. The network is the same, of version 1.1.0, for
    /// containerd 1.6 knows no GC.
    /// </summary>
    public void CollectGarbage(string valid)
    {
        Directory.CreateDirectory(PathOf("newer"));
        File.WriteAllText(PathOf("newer/10-pods.conflist"), RuntimeNetwork.Chain("1.1.0"));
        Run("env", $"NETCONFPATH={PathOf("newer")}", "CNI_PATH=/opt/cni/bin", "/opt/cni/bin/cnitool", "gc", "pods", "--keep", valid);
    }

    /// <summary>A message with the last lines of the runtime's log below.</summary>
    public string Diagnosis(string message)
    {
        var lines = File.Exists(PathOf("log")) ? File.ReadLines(PathOf("log")).Where(line => !line.Contains("loading plugin", StringComparison.Ordinal)).TakeLast(30) : [];
        return $"{message}\nthe runtime's log:\n{string.Join('\n', lines)}";
    }

    public void Dispose()
    {
        if (_first is not null)
        {
            _first.StandardInput.Close();
            if (!_first.WaitForExit(TimeSpan.FromSeconds(10)))
                _first.Kill();
            _first.WaitForExit();
            _first.Dispose();
        }

        if (Directory.Exists("/sys/fs/cgroup"))
        {
            foreach (var hierarchy in Directory.GetDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup"))
                RemoveCgroup(Path.Combine(hierarchy, Cgroup));
        }

        _neighbourhood.Dispose();
    }

    private string[] Entering => ["--target", _pid, "--mount", "--pid", "--net", "--"];

    private Process StartFirst()
    {
        var script = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "tests", "Machine", "machine.sh"));
        string[] arguments = [$"--net={Host.HostPath}", "unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", script, Host.Directory];
        var process = Process.Start(new ProcessStartInfo("nsenter", arguments) { RedirectStandardInput = true, RedirectStandardError = true })!;
        var ready = SpinWait.SpinUntil(() => process.HasExited || File.Exists(PathOf("pid")), Patience);
        Assert.False(process.HasExited, process.HasExited ? $"tests/Machine/machine.sh: {process.StandardError.ReadToEnd()}" : "");
        Assert.True(ready, "tests/Machine/machine.sh does not come to its end");
        return process;
    }

    /// <summary>rmdir of what containers that were killed left; a cgroup is busy for a moment after its last process has died.</summary>
    private static void RemoveCgroup(string path)
    {
        if (!Directory.Exists(path))
            return;
        foreach (var child in Directory.GetDirectories(path))
            RemoveCgroup(child);
        SpinWait.SpinUntil(() => Tool.Try("rmdir", path).ExitCode == 0, TimeSpan.FromSeconds(5));
    }
}
