namespace CniPlugins.Tests.Support;

/// <summary>A host whose disks outlive its kernel's objects: pods, links, rules go; files stay; the boot has another name.</summary>
internal sealed class RebootedMachine : IDisposable
{
    private const string Network = "a";

    private readonly ToolCall _tool;
    private readonly Dictionary<string, int> _ports = [];

    public RebootedMachine() => _tool = new ToolCall(Host);

    public Sandbox Host { get; } = new();

    /// <summary>The whole chain on host-local.</summary>
    public void Define(string subnet) => _tool.Define(Network, FullChain.Of(Host, Network, "bridge", 50)
        .Replace("10.50.0.0/16", subnet, StringComparison.Ordinal).Replace(",[{\"subnet\":\"fd00:50::/64\"}]", "", StringComparison.Ordinal));

    /// <summary>ptp on calico-ipam.</summary>
    public void DefineBlocks(string pool) => _tool.Define(Network, $$"""
        {"cniVersion":"1.1.0","name":"a","plugins":[{"type":"ptp","nodename":"n","ipam_lock_file":"{{Host.Directory}}/ipam.lock",
         "ipam":{"type":"calico-ipam","dataDir":"{{Host.Directory}}/blocks","pools":[{"name":"p","cidr":"{{pool}}","blockSize":29}]} }]}
        """);

    /// <summary>So many new pods, each attached; their paths.</summary>
    public IReadOnlyList<string> Fill(int count)
    {
        var pods = Host.AddPods(count);
        foreach (var pod in pods)
            Succeed(TryAdd(pod));
        return pods;
    }

    /// <summary>Everything but files goes, and the boot id changes.</summary>
    public void Reboot(IEnumerable<string> pods)
    {
        foreach (var pod in pods)
            Host.RemovePod(pod);
        Host.InHost("nft", "flush", "ruleset");
        Host.InHost("sh", "-c", "for link in $(ip -br link | sed 's/[@ ].*//' | grep -v '^lo$'); do ip link del $link 2>/dev/null || :; done");
        var boot = Path.Combine(Host.Directory, "boot_id");
        File.WriteAllText(boot, $"{Guid.NewGuid()}\n");
        _tool.BootIdFile = boot;
    }

    public ToolResult TryAdd(string pod)
    {
        _ports.TryAdd(pod, 20_000 + _ports.Count);
        return _tool.Run("add", Network, pod, "eth0", _ports[pod]);
    }

    public ToolResult Check(string pod) => _tool.Run("check", Network, pod, "eth0", _ports[pod]);

    public void Del(string pod) => Succeed(_tool.Run("del", Network, pod, "eth0", _ports[pod]));

    /// <summary>GC with these as valid; without the runtime's memory of some.</summary>
    public void Gc(IEnumerable<string> valid, IReadOnlyList<string>? forget = null)
    {
        foreach (var pod in forget ?? [])
            _tool.Forget(Network, pod, "eth0");
        Succeed(_tool.Gc(Network, valid.Select(pod => $"{ToolCall.IdOf(pod)}/eth0")));
    }

    public void Dispose() => Host.Dispose();

    private static void Succeed(ToolResult reply) => Assert.True(reply.ExitCode == 0, reply.Output + reply.Error);
}
