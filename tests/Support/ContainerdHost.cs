using System.Diagnostics;
using CniPlugins.Linux;

namespace CniPlugins.Tests.Support;

/// <summary>
/// A throw-away machine on which Debian's containerd runs containers with our plugins: a sandbox's host in a process, mount and network namespace of its
/// own, and a remote machine beside it that knows no way back to containers.
/// </summary>
/// <remarks>No process can outlive it, containers' neither: their namespace's first process ends with this object, or with the tests.</remarks>
internal sealed class ContainerdHost : IDisposable
{
    private const int Patience = 60;

    private readonly Neighbourhood _neighbourhood = new();
    private readonly Process _first;
    private readonly string _pid;

    /// <param name="conflist">The only file in /etc/cni/net.d.</param>
    public ContainerdHost(string conflist)
    {
        try
        {
            foreach (var program in (string[])["containerd", "runc", "ctr"])
                Assert.SkipUnless(Tool.Exists(program), $"there is no {program}: packages containerd and runc");
            Assert.SkipUnless(File.Exists(Path.Combine(CniCall.OurBin, "bridge")), $"no plugins in {CniCall.OurBin}");
            Directory.CreateDirectory(Path.Combine(Host.Directory, "net.d"));
            File.WriteAllText(Path.Combine(Host.Directory, "net.d", "10-pods.conflist"), conflist);
            File.WriteAllText(Path.Combine(Host.Directory, "config.toml"), Configuration);
            _first = StartFirst();
            _pid = File.ReadAllText(Path.Combine(Host.Directory, "pid")).Trim();
            Start();
            OciImage.Write(Image);
            Ctr($"images import --snapshotter native {Image}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>
    /// A machine on which a container has been already; <paramref name="before"/> is what it has left behind by right: the bridge, empty tables, and
    /// what <see cref="UntilOnly"/> waits for.
    /// </summary>
    public static ContainerdHost Warm(string conflist, out string before)
    {
        var machine = new ContainerdHost(conflist);
        try
        {
            CtrContainer.End(CtrContainer.Run(machine, "warm"));
            before = machine.Traces();
            return machine;
        }
        catch
        {
            machine.Dispose();
            throw;
        }
    }

    public Sandbox Host => _neighbourhood.Host;

    /// <summary>Outside the host, at 192.0.2.2 and 2001:db8::2; the host is 192.0.2.1 and 2001:db8::1.</summary>
    public Netns Remote => _neighbourhood.Remote;

    public string RemotePath => _neighbourhood.RemotePath;

    /// <summary>The archive of the only image there is.</summary>
    public string Image => Path.Combine(Host.Directory, "image.tar");

    /// <summary>What <c>cgroupsPath</c> begins with: a parent of this machine's own, which goes with it.</summary>
    public string Cgroup => $"cni-{Host.HostName}";

    /// <summary>containerd's address, for whoever speaks gRPC.</summary>
    public string Socket => Path.Combine(Host.Directory, "containerd.sock");

    /// <summary>Starts containerd and waits until it answers.</summary>
    public void Start()
    {
        Run("sh", "-c", $"setsid containerd --config {Host.Directory}/config.toml >>{Host.Directory}/log 2>&1 </dev/null & echo $! >{Host.Directory}/containerd.pid");
        Until(() => Try("ctr", "--address", Socket, "--connect-timeout", "1s", "version").ExitCode == 0, "containerd does not answer");
    }

    /// <summary>kill -9 containerd.</summary>
    public void Kill()
    {
        var pid = File.ReadAllText(Path.Combine(Host.Directory, "containerd.pid")).Trim();
        Run("kill", "-KILL", pid);
        Until(() => Try("sh", "-c", $"grep -q '^State:.Z' /proc/{pid}/status || ! kill -0 {pid}").ExitCode == 0, "containerd is still there");
    }

    /// <summary>Runs a program on the machine; fails the test with containerd's log when it fails.</summary>
    public string Run(params string[] command)
    {
        var result = Try(command);
        Assert.True(result.ExitCode == 0, Diagnosis($"{string.Join(' ', command)}: exit {result.ExitCode}\n{result.Output}{result.Error}"));
        return result.Output;
    }

    /// <summary>Runs a program on the machine and returns whatever it did; killed after a minute.</summary>
    public ToolResult Try(params string[] command) => Tool.Try("nsenter", [.. Entering, "timeout", "-s", "KILL", $"{Patience}", .. command]);

    /// <summary>ctr …, in one of containerd's namespaces.</summary>
    public string Ctr(string command, string space = "default") => Run(["ctr", "--address", Socket, "--namespace", space, .. command.Split(' ')]);

    /// <summary>All that containers could leave behind, as lines to compare: links, addresses, rules, leases, results, namespaces.</summary>
    public string Traces()
    {
        Run("ip", "neigh", "flush", "all");
        string[] files =
        [
            .. from file in Directory.GetFiles(Path.Combine(Host.Directory, "cni"), "*", SearchOption.AllDirectories)
               where !file.Contains("/.index/", StringComparison.Ordinal) && Path.GetFileName(file) is not "lock" && !Path.GetFileName(file).StartsWith("last_reserved", StringComparison.Ordinal)
               select $"file {file}",
        ];
        return string.Join('\n', [Snapshot.Of(Host), PortNetwork.Rules(Host), .. files.Order(), $"namespaces {Run("ls", "/run/netns")}"]);
    }

    /// <summary>Waits until nothing is left but what was there before: a namespace, and the links in it, die in the background.</summary>
    public void UntilOnly(string before)
    {
        var now = "";
        if (!SpinWait.SpinUntil(() => (now = Traces()) == before, TimeSpan.FromSeconds(10)))
            Assert.True(now == before, Diagnosis($"{string.Join('\n', now.Split('\n').Except(before.Split('\n')).Select(line => $"left: {line}"))}\n{string.Join('\n', before.Split('\n').Except(now.Split('\n')).Select(line => $"gone: {line}"))}"));
    }

    /// <summary>Runs a program on the machine beside the test; it ends with the machine at the latest.</summary>
    public Process Begin(params string[] command)
    {
        var start = new ProcessStartInfo("nsenter", [.. Entering, .. command]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        return Process.Start(start)!;
    }

    /// <summary>Waits for something to become true.</summary>
    public void Until(Func<bool> condition, string otherwise) =>
        Assert.True(SpinWait.SpinUntil(() =>
        {
            if (condition())
                return true;
            Thread.Sleep(20);
            return false;
        }, TimeSpan.FromSeconds(Patience)), Diagnosis(otherwise));

    /// <summary>A message with the last lines of containerd's log below.</summary>
    public string Diagnosis(string message)
    {
        var log = Path.Combine(Host.Directory, "log");
        return $"{message}\ncontainerd's log:\n{(File.Exists(log) ? string.Join('\n', File.ReadLines(log).Where(line => !line.Contains("loading plugin", StringComparison.Ordinal)).TakeLast(40)) : "there is none")}";
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

        foreach (var hierarchy in Directory.Exists("/sys/fs/cgroup") ? Directory.GetDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup") : [])
            RemoveCgroup(Path.Combine(hierarchy, Cgroup));
        _neighbourhood.Dispose();
    }

    private string[] Entering => ["--target", _pid, "--mount", "--pid", "--net", "--"];

    /// <summary>A build machine's root may lack CAP_SYS_RESOURCE, and overlayfs: a pod's oom_score_adj stays above containerd's own, and snapshots are copies.</summary>
    private string Configuration =>
        $$"""
        version = 2
        root = "/run/containerd-root"
        state = "/run/containerd-state"
        [grpc]
          address = "{{Socket}}"
        [ttrpc]
          address = "{{Socket}}.ttrpc"
        [plugins."io.containerd.internal.v1.opt"]
          path = "/run/containerd-opt"
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "{{OciImage.Name}}"
          stream_server_address = "127.0.0.1"
          disable_apparmor = true
          restrict_oom_score_adj = true
          [plugins."io.containerd.grpc.v1.cri".containerd]
            snapshotter = "native"
          [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
            runtime_type = "io.containerd.runc.v2"
        """;

    private Process StartFirst()
    {
        var script = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "tests", "Containerd", "host.sh"));
        string[] arguments = [$"--net={Host.HostPath}", "unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", script, Host.Directory, CniCall.OurBin];
        var process = Process.Start(new ProcessStartInfo("nsenter", arguments) { RedirectStandardInput = true, RedirectStandardError = true })!;
        var ready = SpinWait.SpinUntil(() => process.HasExited || File.Exists(Path.Combine(Host.Directory, "pid")), TimeSpan.FromSeconds(20));
        Assert.SkipWhen(process.HasExited, process.HasExited ? $"no machine for containerd here: {process.StandardError.ReadToEnd()}" : "");
        Assert.True(ready, "tests/Containerd/host.sh does not come to its end");
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
