using CniPlugins.Linux;

namespace CniPlugins.Fuzz.Targets;

/// <summary>State files that say anything: the plugins that keep them answer as ever, and no address is given out twice.</summary>
internal static class StateTargets
{
    private const string Network = "n1";

    private static readonly string[] LeaseFiles =
    [
        $"{Network}/10.1.0.2", $"{Network}/last_reserved_ip.0", $".index/{Network}/used/10.1.0.0", $".index/{Network}/owners/c1:eth0", $".index/{Network}/stamp", $".index/{Network}/new", $"{Network}/10.1.0.255",
    ];

    private static readonly string[] BlockFiles =
    [
        "ipam/v2/assignment/ipv4/block/10.1.0.0-26", "ipam/v2/host/fuzz/ipv4/block/10.1.0.0-26", "ipam/v2/handle/n1.c1", "ipam/v2/config", "resources/v3/projectcalico.org/ippools/p", "resources/v3/projectcalico.org/nodes/fuzz",
        "resources/v3/projectcalico.org/ipreservations/r",
    ];

    public static IReadOnlyList<Target> List { get; } =
    [
        new("leases", Grammar.Text, "state", input => Try(input, "host-local", LeaseFiles)) { Share = 2, NeedsSandbox = true },
        new("blockfiles", Grammar.Json, "blocks", input => Try([(byte)input.Length, .. input], "calico-ipam", BlockFiles)) { Share = 1, NeedsSandbox = true },
    ];

    private static void Try(byte[] input, string plugin, string[] files)
    {
        if (input.Length == 0)
            return;
        if (Directory.Exists(Host.State))
            Directory.Delete(Host.State, recursive: true);
        if (input[0] % 3 > 0)
            Call(plugin, "ADD", "c0").Run(); // so that there is something to be damaged
        var file = Path.Combine(Host.State, files[input[0] % files.Length]);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, input[1..]);
        var held = Held();
        foreach (var verb in new[] { "STATUS", "ADD", "CHECK", "GC", "DEL", "ADD", "DEL" })
            Call(plugin, verb, "c1").Run();
        var outside = held.Where(lease => !File.Exists(lease) && !IsOurs(lease)).ToList();
        ViolationException.Unless(outside.Count == 0 || plugin != "host-local", $"somebody else's {string.Join(' ', outside)} is gone");
    }

    /// <summary>Reservations that GC must spare and DEL of c1 too: those of c0, by the list of valid attachments below.</summary>
    private static List<string> Held() => !Directory.Exists(Path.Combine(Host.State, Network)) ? []
        : [.. Directory.EnumerateFiles(Path.Combine(Host.State, Network)).Where(file => DiskFile.Read(file) is { } bytes && bytes.AsSpan().SequenceEqual("c0\r\neth0"u8))];

    private static bool IsOurs(string lease) => Path.GetFileName(lease) is "lock" or "last_reserved_ip.0";

    private static PluginCall Call(string plugin, string verb, string container) => new(
        plugin,
        new Dictionary<string, string>
        {
            ["CNI_COMMAND"] = verb,
            ["CNI_CONTAINERID"] = container,
            ["CNI_IFNAME"] = "eth0",
            ["CNI_NETNS"] = Host.PodPath,
            ["CNI_PATH"] = "/run/fuzz/bin",
        },
        System.Text.Encoding.UTF8.GetBytes(
            $$"""
            {"cniVersion":"1.1.0","name":"{{Network}}","type":"ptp","nodename":"fuzz","cni.dev/valid-attachments":[{"containerID":"c0","ifname":"eth0"}],
             "ipam":{"type":"{{plugin}}","dataDir":"{{Host.State}}","ranges":[[{"subnet":"10.1.0.0/24"}]],"pools":[{"name":"p","cidr":"10.1.0.0/24"}]},
             "ipam_lock_file":"/run/fuzz/ipam.lock","prevResult":{"cniVersion":"1.1.0","ips":[{"address":"10.1.0.2/24"}]} }
            """));
}
