using System.Text.Json;

namespace CniPlugins.Tests.Support;

/// <summary>tuning alone, on a pod with a veth of the test's own, and what others see of it.</summary>
internal sealed class TuningCall
{
    public const string Sysctls = """ "sysctl":{"net.core.somaxconn":"500","net.ipv4.conf.IFNAME.log_martians":"1"} """;

    /// <summary>All that Debian's plugin (1.1.1) knows too.</summary>
    public const string Everything = Sysctls + """ ,"mac":"02:00:00:00:00:01","mtu":1400,"promisc":true,"allmulti":true """;

    private readonly Sandbox _host;
    private readonly CniCall _cni;

    /// <param name="bin">Where the plugin is taken from: ours when null.</param>
    /// <param name="pod">A pod that another call has made.</param>
    public TuningCall(Sandbox host, string? bin = null, string? pod = null)
    {
        _host = host;
        DataDir = Path.Combine(host.Directory, "tuning");
        _cni = new CniCall(host, bin);
        Pod = pod ?? NewPod();
    }

    public string Pod { get; }

    /// <summary>Where backups are kept; the same for all calls on a host unless one has another.</summary>
    public string DataDir { get; init; }

    /// <summary>More variables, as CNI_ARGS.</summary>
    public Dictionary<string, string> Variables => _cni.Variables;

    /// <summary>A pod with an interface that is up.</summary>
    public string NewPod()
    {
        var pod = _host.AddPod();
        Sandbox.PodIp(pod, "link add eth0 up type veth peer name peer0");
        Sandbox.PodIp(pod, "link set peer0 up");
        return pod;
    }

    public string BackupOf(string id = "c1", string ifName = "eth0") => Path.Combine(DataDir, $"{id}_{ifName}.json");

    /// <summary>The files in the data directory.</summary>
    public string[] Files => Directory.Exists(DataDir) ? [.. Directory.GetFileSystemEntries(DataDir).Select(path => Path.GetFileName(path)).Order()] : [];

    /// <summary>A configuration behind a plugin that made eth0.</summary>
    public string Conf(string members, string version = "1.0.0", string network = "n1")
    {
        var result = $$"""
            {"cniVersion":"{{version}}","interfaces":[{"name":"eth0","mac":"0a:00:00:00:00:07"},{"name":"veth7","mac":"0a:00:00:00:00:08"},
            {"name":"eth0","mac":"0a:00:00:00:00:09","sandbox":"{{Pod}}"}],
            "ips":[{"version":"4","address":"10.1.0.2/24","interface":2}],"ip4":{"ip":"10.1.0.2/24"} }
            """;
        return $"{Bare(members, version, network)[..^1]},\"prevResult\":{result}}}";
    }

    /// <summary>The same without prevResult.</summary>
    public string Bare(string members, string version = "1.0.0", string network = "n1") =>
        $$"""{"cniVersion":"{{version}}","name":"{{network}}","type":"tuning","dataDir":"{{DataDir}}"{{(members.Length > 0 ? "," : "")}}{{members}}}""";

    /// <summary>What others see of the interface and of the two settings that tests change.</summary>
    public string State(string? pod = null)
    {
        var link = Sandbox.PodIpJson(pod ?? Pod, "link show eth0")[0];
        var flags = string.Join(',', link.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()).Order(StringComparer.Ordinal));
        var names = new[] { "address", "mtu", "txqlen", "promiscuity" };
        return $"{string.Join(' ', names.Select(name => $"{name} {link.GetProperty(name)}"))} {flags} somaxconn {Sysctl("net.core.somaxconn", pod)} "
            + $"log_martians {Sysctl("net.ipv4.conf.eth0.log_martians", pod)}";
    }

    /// <summary>sysctl -n NAME, in the pod.</summary>
    public string Sysctl(string name, string? pod = null) => Sandbox.TryInPod(pod ?? Pod, "sysctl", "-n", name).Output.Trim();

    public ToolResult Run(string verb, string conf, string id = "c1", string? pod = null, string ifName = "eth0") =>
        _cni.Run(verb, conf, verb is "GC" or "STATUS" ? "" : id, verb is "GC" or "STATUS" ? "" : pod ?? Pod, verb is "GC" or "STATUS" ? "" : ifName);

    public JsonElement Add(string members, string id = "c1", string version = "1.0.0", string network = "n1") =>
        _cni.Add(Conf(members, version, network), id, Pod);

    public void Check(string members) => Succeed(Run("CHECK", Conf(members)));

    public void Del(string members, string id = "c1", string? pod = null) => Succeed(Run("DEL", Bare(members), id, pod));

    public void Gc(string network, params (string Id, string IfName)[] valid) => _cni.Gc(Bare("", "1.1.0", network), valid);

    /// <summary>A verb in a shell that has prepared something in a mount namespace of its own.</summary>
    public ToolResult RunPrepared(string verb, string preparation, string conf, string prefix = "")
    {
        var file = Path.Combine(_host.Directory, "conf");
        File.WriteAllText(file, conf);
        return _cni.Execute(["unshare", "-m", "sh", "-ec", $"{preparation}\nexec {prefix} {_cni.Bin}/tuning <{file}"], [], _cni.VariablesFor(verb, "c1", Pod));
    }

    private static void Succeed(ToolResult reply) => Assert.True(reply.ExitCode == 0 && reply.Output.Length == 0, reply.Output + reply.Error);
}
