using System.Diagnostics;

namespace CniPlugins.Tests.Support;

/// <summary>A container with the image's web server that <c>ctr run --rm --cni</c> runs and takes away again.</summary>
internal sealed class CtrContainer
{
    private readonly Containerd _containerd;
    private readonly Process _ctr;

    /// <summary>Begins; whoever needs the network waits with <see cref="UntilRunning"/>.</summary>
    public CtrContainer(Containerd containerd, string id)
    {
        (_containerd, Id) = (containerd, id);
        _ctr = containerd.Machine.Begin("sh", "-c", "echo $$ >\"$0\"; exec \"$@\"", PidFile, "ctr", "--address", containerd.Socket, "run", "--rm", "--cni", "--null-io",
            "--snapshotter", "native", "--cgroup", $"/{containerd.Machine.Cgroup}/{id}", OciImage.Name, id);
    }

    public string Id { get; }

    /// <summary>All of them at the same time.</summary>
    public static CtrContainer[] Run(Containerd containerd, params string[] ids)
    {
        CtrContainer[] containers = [.. ids.Select(id => new CtrContainer(containerd, id))];
        foreach (var container in containers)
            container.UntilRunning();
        return containers;
    }

    /// <summary>Kills all of them at the same time and waits until ctr has run DEL for each.</summary>
    public static void End(params CtrContainer[] containers)
    {
        foreach (var container in containers)
            container._containerd.Ctr($"task kill --signal KILL {container.Id}");
        foreach (var container in containers)
            container.UntilDeleted();
    }

    /// <summary>kill -9 of ctr, wherever it is: nobody will run DEL for the container.</summary>
    public void KillRuntime()
    {
        _containerd.Machine.Until(() => File.Exists(PidFile), "there is no ctr");
        _containerd.Machine.Try("sh", "-c", $"kill -KILL {File.ReadAllText(PidFile).Trim()}");
        _containerd.Machine.Until(() => _ctr.HasExited, "ctr is still there");
        _ctr.Dispose();
    }

    /// <summary>Waits until ctr has found out by itself that containerd is gone, and has run DEL.</summary>
    public void UntilGivenUp()
    {
        _containerd.Machine.Until(() => _ctr.HasExited, $"ctr run {Id} does not end without containerd");
        _ctr.Dispose();
    }

    /// <summary>Takes away what containerd still knows of a container whose ctr was killed, or not.</summary>
    public void Forget()
    {
        foreach (var command in (string[])[$"task kill --signal KILL {Id}", $"task delete --force {Id}", $"container delete {Id}"])
            _containerd.Machine.Try(["ctr", "--address", _containerd.Socket, .. command.Split(' ')]);
        Assert.DoesNotContain(Id, _containerd.Ctr("container ls --quiet"), StringComparison.Ordinal);
    }

    /// <summary>ctr starts the container when its network is there.</summary>
    public void UntilRunning()
    {
        _containerd.Machine.Until(() => _ctr.HasExited || IsRunning, $"container {Id} does not run");
        Assert.False(_ctr.HasExited, _containerd.Machine.Diagnosis(_ctr.HasExited ? _ctr.StandardError.ReadToEnd() : ""));
    }

    /// <summary>Runs a program in the container.</summary>
    public string Exec(params string[] command) => _containerd.Exec("default", Id, command);

    /// <summary>What a web server of the image says of who asks: the client's address.</summary>
    public string Get(string address) => OciImage.ClientSeen(Exec(OciImage.Ask(address, 80)));

    /// <summary>The address of the container's interface in a family, 4 or 6; ctr loses what a program says when it ends too soon (seen on a busy machine).</summary>
    public string Address(int family)
    {
        var answer = "";
        _containerd.Machine.Until(
            () => (answer = Exec("ip", $"-{family}", "-o", "addr", "show", "dev", "eth0", "scope", "global")).Contains("inet", StringComparison.Ordinal),
            $"container {Id} has no IPv{family} address");
        return answer.Split("inet")[1].TrimStart('6').Trim().Split('/')[0];
    }

    private string PidFile => _containerd.Machine.PathOf($"{Id}.pid");

    private bool IsRunning => _containerd.Machine.Try("ctr", "--address", _containerd.Socket, "task", "ls").Output.Split('\n')
        .Any(line => line.StartsWith($"{Id} ", StringComparison.Ordinal) && line.Contains("RUNNING", StringComparison.Ordinal));

    private void UntilDeleted()
    {
        _containerd.Machine.Until(() => _ctr.HasExited, $"ctr run {Id} does not end");
        var error = _ctr.StandardError.ReadToEnd();
        Assert.True(_ctr.ExitCode == 128 + 9 && error.Length == 0, _containerd.Machine.Diagnosis($"ctr run {Id}: exit {_ctr.ExitCode}\n{error}"));
        _ctr.Dispose();
    }
}
