using System.Diagnostics;

namespace CniPlugins.Tests.Support;

/// <summary>A container with the image's web server that <c>ctr run --rm --cni</c> runs and takes away again.</summary>
internal sealed class CtrContainer
{
    private readonly ContainerdHost _machine;
    private readonly Process _ctr;

    /// <summary>Begins; whoever needs the network waits with <see cref="UntilRunning"/>.</summary>
    public CtrContainer(ContainerdHost machine, string id)
    {
        (_machine, Id) = (machine, id);
        _ctr = machine.Begin("ctr", "--address", machine.Socket, "run", "--rm", "--cni", "--null-io",
            "--snapshotter", "native", "--cgroup", $"/{machine.Cgroup}/{id}", OciImage.Name, id);
    }

    public string Id { get; }

    /// <summary>All of them at the same time.</summary>
    public static CtrContainer[] Run(ContainerdHost machine, params string[] ids)
    {
        CtrContainer[] containers = [.. ids.Select(id => new CtrContainer(machine, id))];
        foreach (var container in containers)
            container.UntilRunning();
        return containers;
    }

    /// <summary>Kills all of them at the same time and waits until ctr has run DEL for each.</summary>
    public static void End(params CtrContainer[] containers)
    {
        foreach (var container in containers)
            container._machine.Ctr($"task kill --signal KILL {container.Id}");
        foreach (var container in containers)
            container.UntilDeleted();
    }

    /// <summary>ctr starts the container when its network is there.</summary>
    public void UntilRunning()
    {
        _machine.Until(() => _ctr.HasExited || IsRunning, $"container {Id} does not run");
        Assert.False(_ctr.HasExited, _machine.Diagnosis(_ctr.HasExited ? _ctr.StandardError.ReadToEnd() : ""));
    }

    /// <summary>Runs a program in the container.</summary>
    public string Exec(params string[] command) =>
        _machine.Run(["ctr", "--address", _machine.Socket, "task", "exec", "--exec-id", $"e{Guid.NewGuid():N}", Id, .. command]);

    /// <summary>What a web server of the image says of who asks: the client's address.</summary>
    public string Get(string address) => OciImage.ClientSeen(Exec(OciImage.Ask(address, 80)));

    /// <summary>The address of the container's interface in a family, 4 or 6.</summary>
    public string Address(int family) => Exec("ip", $"-{family}", "-o", "addr", "show", "dev", "eth0", "scope", "global").Split("inet")[1].TrimStart('6').Trim().Split('/')[0];

    private bool IsRunning => _machine.Try("ctr", "--address", _machine.Socket, "task", "ls").Output.Split('\n')
        .Any(line => line.StartsWith($"{Id} ", StringComparison.Ordinal) && line.Contains("RUNNING", StringComparison.Ordinal));

    private void UntilDeleted()
    {
        _machine.Until(() => _ctr.HasExited, $"ctr run {Id} does not end");
        var error = _ctr.StandardError.ReadToEnd();
        Assert.True(_ctr.ExitCode == 128 + 9 && error.Length == 0, _machine.Diagnosis($"ctr run {Id}: exit {_ctr.ExitCode}\n{error}"));
        _ctr.Dispose();
    }
}
