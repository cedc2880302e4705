namespace CniPlugins.Tests.Support;

/// <summary>Debian's containerd and runc on a machine of the test's own.</summary>
internal sealed class Containerd
{
    /// <summary>Starts it and gives it the only image there is; skips the test where it cannot run.</summary>
    public Containerd(Machine machine)
    {
        Machine = machine;
        foreach (var program in (string[])["containerd", "runc", "ctr"])
            Assert.SkipUnless(Tool.Exists(program), $"there is no {program}: packages containerd and runc");
        File.WriteAllText(machine.PathOf("config.toml"), Configuration);
        OciImage.Write(Image);
        Start();
        Ctr($"images import --snapshotter native {Image}");
    }

    public Machine Machine { get; }

    /// <summary>Where it answers gRPC.</summary>
    public string Socket => Machine.PathOf("containerd.sock");

    /// <summary>The image's archive.</summary>
    public string Image => Machine.PathOf("image.tar");

    /// <summary>Runs a container and takes it away; returns what that leaves by right: the bridge and empty tables, what a machine has after any container.</summary>
    public string Warm()
    {
        CtrContainer.End(CtrContainer.Run(this, "warm"));
        return Machine.Traces();
    }

    /// <summary>Starts the daemon and waits until it answers.</summary>
    public void Start()
    {
        Machine.Run("sh", "-c", $"setsid containerd --config {Machine.PathOf("config.toml")} >>{Machine.PathOf("log")} 2>&1 </dev/null & echo $! >{Machine.PathOf("containerd.pid")}");
        Machine.Until(() => Machine.Try("ctr", "--address", Socket, "--connect-timeout", "1s", "version").ExitCode == 0, "containerd does not answer");
    }

    /// <summary>kill -9 of the daemon; containers live on, and so does a plugin that is at work.</summary>
    public void Kill()
    {
        var pid = File.ReadAllText(Machine.PathOf("containerd.pid")).Trim();
        Machine.Run("sh", "-c", $"kill -KILL {pid}");
        Machine.Until(() => Machine.Try("sh", "-c", $"kill -0 {pid}").ExitCode != 0, "containerd is still there");
    }

    /// <summary>ctr …, in one of containerd's namespaces.</summary>
    public string Ctr(string command, string space = "default") => Machine.Run(["ctr", "--address", Socket, "--namespace", space, .. command.Split(' ')]);

    /// <summary>Runs a program in a container.</summary>
    public string Exec(string space, string id, params string[] command) =>
        Machine.Run(["ctr", "--address", Socket, "--namespace", space, "task", "exec", "--exec-id", $"e{Guid.NewGuid():N}", id, .. command]);

    /// <summary>A build machine's root may lack CAP_SYS_RESOURCE, and overlayfs: nothing's oom_score_adj goes below containerd's own, and snapshots are copies.</summary>
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
}
