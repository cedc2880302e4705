using CniPlugins.Linux;

namespace CniPlugins.Tests.Support;

/// <summary>
/// A host with two networks of pods, a remote machine on one side and a routed server on the other:
/// <c>pod1</c> (the server, with ports) and <c>pod2</c> on network a, <c>pod3</c> on network b, <c>remote</c>, and <c>far</c>, which listens on the
/// same ports as the host maps.
/// </summary>
internal sealed class MatrixNetwork : IDisposable
{
    /// <summary>Host port 8080 for any address, 8081 for the host's own, 8082 and 8083 for any of one family, 8084 for loopback.</summary>
    private static readonly (string HostIp, int Port)[] Mapped =
        [("", 8080), ("192.0.2.1", 8081), ("2001:db8:1::1", 8081), ("0.0.0.0", 8082), ("::", 8083), ("127.0.0.1", 8084), ("::1", 8084)];

    private readonly List<IDisposable> _open = [];

    public MatrixNetwork(MatrixSetting setting, string? bin, string backend)
    {
        Host = Open(Sandbox.HostPath);
        Host.Run(() => Prepare(setting.BridgeNetfilter));
        Remote = Join("remote0", "192.0.2", "2001:db8:1");
        Far = Join("far0", "198.51.100", "2001:db8:2");
        (Pod1, Pod2, Pod3) = (AddPod(), AddPod(), AddPod());
        Runtime = new ChainCall(Sandbox, bin);
        NetworkA = Network(setting, "a", "10.1.0.0/24", "fd00:1::/64", backend);
        Runtime.Add(NetworkA, "c1", Pod1.Path, Ports);
        Runtime.Add(NetworkA, "c2", Pod2.Path);
        Runtime.Add(Network(setting, "b", "10.2.0.0/24", "fd00:2::/64", backend), "c3", Pod3.Path);
        _open.Add(new ProbeServer(Pod1, "pod1", [80, 81, 82, 83, 84]));
        _open.Add(new ProbeServer(Far, "far", [8080, 8081, 8082, 8083, 8084]));
    }

    public Sandbox Sandbox { get; } = new();

    public ChainCall Runtime { get; }

    /// <summary>The chain of pod1 and pod2.</summary>
    public string NetworkA { get; }

    public Netns Host { get; }
    public Netns Remote { get; }
    public Netns Far { get; }
    public Netns Pod1 { get; }
    public Netns Pod2 { get; }
    public Netns Pod3 { get; }

    public void Dispose()
    {
        _open.ForEach(open => open.Dispose());
        Sandbox.Dispose();
    }

    private static string Ports =>
        $"[{string.Join(',', Mapped.SelectMany(mapped => new[] { "tcp", "udp" }.Select(protocol =>
            $$"""{"hostPort":{{mapped.Port}},"containerPort":{{mapped.Port - 8000}},"protocol":"{{protocol}}","hostIP":"{{mapped.HostIp}}"}""")))}]";

    private string Network(MatrixSetting setting, string name, string subnet4, string subnet6, string backend)
    {
        var main = setting.Main == "ptp" ? "" : $""" "bridge":"br-{name}","isGateway":true,"hairpinMode":{(setting.Hairpin ? "true" : "false")}, """;
        var (masqueradeBackend, portBackend) = backend.Length == 0 ? ("", "") : ($"\"ipMasqBackend\":\"{backend}\",", $",\"backend\":\"{backend}\"");
        return $$"""
            {"cniVersion":"1.0.0","name":"{{name}}","plugins":[
              {"type":"{{setting.Main}}",{{main}}"ipMasq":true,{{masqueradeBackend}}{{Conf.HostLocal(Sandbox, Conf.DefaultRoutes, subnet4, subnet6)}}},
              {"type":"portmap","capabilities":{"portMappings":true},"snat":{{(setting.Snat ? "true" : "false")}}{{portBackend}}}]}
            """;
    }

    /// <summary>A forwarding host, the same on every machine.</summary>
    private static void Prepare(int bridgeNetfilter)
    {
        if (bridgeNetfilter == 1)
            Assert.SkipUnless(Directory.Exists("/proc/sys/net/bridge"), "this kernel has no br_netfilter");
        foreach (var name in Directory.Exists("/proc/sys/net/bridge") ? new[] { "iptables", "ip6tables" } : [])
            File.WriteAllText($"/proc/sys/net/bridge/bridge-nf-call-{name}", $"{bridgeNetfilter}");
        Set(("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1"), ("ipv4/conf/all/rp_filter", "0"), ("ipv4/conf/default/rp_filter", "0"));
        Settle();
    }

    /// <summary>
    /// Without a link-local address that is no longer tentative a link asks for no neighbours; and every refused datagram shall be told so, not only
    /// a few in a second.
    /// </summary>
    private static void Settle() => Set(("ipv6/conf/default/accept_dad", "0"), ("ipv4/icmp_ratemask", "0"), ("ipv6/icmp/ratemask", "0"));

    private static void Set(params (string Name, string Value)[] values) =>
        Array.ForEach(values, value => File.WriteAllText($"/proc/sys/net/{value.Name}", value.Value));

    /// <summary>One more pod, without a network yet.</summary>
    public Netns AddPod()
    {
        var pod = Open(Sandbox.AddPod());
        pod.Run(Settle);
        Sandbox.PodIp(pod.Path, "link set lo up");
        return pod;
    }

    /// <summary>A machine behind a cable, for which the host (.1 and ::1) is the way to everything.</summary>
    private Netns Join(string link, string network4, string network6)
    {
        var peer = AddPod();
        Sandbox.Ip($"link add {link} up type veth peer name eth0 netns {Path.GetFileName(peer.Path)}");
        Sandbox.Ip($"addr add {network4}.1/24 dev {link}");
        Sandbox.Ip($"addr add {network6}::1/64 dev {link} nodad");
        Sandbox.PodIp(peer.Path, $"addr add {network4}.2/24 dev eth0");
        Sandbox.PodIp(peer.Path, $"addr add {network6}::2/64 dev eth0 nodad");
        Sandbox.PodIp(peer.Path, "link set eth0 up");
        Sandbox.PodIp(peer.Path, $"route add default via {network4}.1");
        Sandbox.PodIp(peer.Path, $"-6 route add default via {network6}::1");
        return peer;
    }

    private Netns Open(string path)
    {
        var netns = Netns.Open(path);
        _open.Add(netns);
        return netns;
    }
}
