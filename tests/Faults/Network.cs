namespace CniPlugins.Tests.Faults;

/// <summary>A network whose plugins are put to the test.</summary>
/// <param name="Name">Its name, and the bench's word for it.</param>
/// <param name="Plugins">Their configurations, of which <c>DIR</c> is a directory of the host's own and <c>NTH</c> a number that each attachment has for itself.</param>
internal sealed record Network(string Name, params string[] Plugins)
{
    private const string Dual = """ "ipam":{"type":"host-local","dataDir":"DIR/ipam","ranges":[[{"subnet":"10.1.0.0/24"}],[{"subnet":"fd00:1::/64"}]],"routes":[{"dst":"0.0.0.0/0"}]}""";
    private const string Single = """ "ipam":{"type":"host-local","dataDir":"DIR/ipam","ranges":[[{"subnet":"10.1.0.0/24"}]]}""";
    private const string Calico = """{"type":"calico-ipam","datastore_type":"local","nodename":"here","ipam_lock_file":"DIR/lock","log_file_path":"DIR/lock.log","ipam":{"type":"calico-ipam","dataDir":"DIR/blocks","pools":[{"name":"pods","cidr":"10.7.0.0/24"}]""";
    private const string Ports = """{"type":"portmap","runtimeConfig":{"portMappings":[{"hostPort":800NTH,"containerPort":80,"protocol":"tcp"},{"hostPort":530NTH,"containerPort":53,"protocol":"udp"}]}""";
    private const string TcpPorts = """{"type":"portmap","runtimeConfig":{"portMappings":[{"hostPort":800NTH,"containerPort":80,"protocol":"tcp"},{"hostPort":530NTH,"containerPort":53,"protocol":"tcp"}]}""";
    private const string Limits = """{"type":"bandwidth","ingressRate":10000000,"ingressBurst":1000000,"egressRate":10000000,"egressBurst":1000000""";
    private const string Firewall = """{"type":"firewall","ingressPolicy":"same-bridge" """;
    private const string Tuning = """{"type":"tuning","dataDir":"DIR/tuning","sysctl":{"net.ipv4.conf.IFNAME.arp_filter":"1"},"mac":"02:00:00:00:00:0NTH","mtu":1400,"promisc":true,"allmulti":true,"txQLen":500""";

    /// <summary>Every plugin alone or behind the one it needs, the first attachment of a host, and the whole chain.</summary>
    /// <remarks>For a udp port the kernel walks its whole table of connections, twice a trial; what is not portmap's fault goes without.</remarks>
    public static IReadOnlyList<Network> All =>
    [
        new("loopback", """{"type":"loopback" """),
        new("host-local", $$"""{"type":"host-local",{{Dual}}""") { HasPod = false },
        new("static", """{"type":"static","ipam":{"type":"static","addresses":[{"address":"10.1.0.NTH/24"}]}""") { HasPod = false },
        new("calico-ipam", $"{Calico}}}") { HasPod = false },
        new("calico", Calico.Replace("\"type\":\"calico-ipam\",\"datastore_type\"", "\"type\":\"calico\",\"nodename_file_optional\":true,\"datastore_type\"", StringComparison.Ordinal) + "}"),
        new("bridge", $$"""{"type":"bridge","bridge":"br0","isGateway":true,"ipMasq":true,"macspoofchk":true,{{Dual}}"""),
        new("ptp", $$"""{"type":"ptp","ipMasq":true,{{Dual}}"""),
        new("tap", $$"""{"type":"tap","mac":"02:00:00:00:00:0NTH","mtu":1400,"owner":4000,"group":4000,{{Dual}}"""),
        new("portmap", $$"""{"type":"ptp",{{Single}}""", Ports),
        new("bandwidth", $$"""{"type":"ptp",{{Single}}""", Limits),
        new("firewall", $$"""{"type":"bridge","bridge":"br0","isGateway":true,{{Single}}""", Firewall),
        new("tuning", $$"""{"type":"ptp",{{Single}}""", Tuning),
        new("flannel", """{"type":"flannel","dataDir":"DIR/flannel","subnetFile":"DIR/subnet.env","delegate":{"type":"ptp"},"ipam":{"dataDir":"DIR/ipam"}""") { Files = [("subnet.env", "FLANNEL_NETWORK=10.1.0.0/16\nFLANNEL_SUBNET=10.1.0.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=false\n")] },
        new("host-device", $$"""{"type":"host-device","device":"hostNTH",{{Single}}""") { Links = ["host1 type veth peer name other1", "host2 type veth peer name other2"] },
        new("iptables", $$"""{"type":"ptp","ipMasq":true,"ipMasqBackend":"iptables",{{Single}}""", $$"""{{Ports}},"backend":"iptables" """) { Subjects = [0, 1] },
        new("first", $$"""{"type":"bridge","bridge":"br0","isGateway":true,"ipMasq":true,"macspoofchk":true,{{Dual}}""", TcpPorts, Firewall) { IsFirst = true, Subjects = [0, 2] },
        new("first-ports", $$"""{"type":"bridge","bridge":"br0","isGateway":true,"ipMasq":true,"macspoofchk":true,{{Dual}}""", Ports, Firewall) { IsFirst = true, Subjects = [1] },
        new("chain", $$"""{"type":"bridge","bridge":"br0","isGateway":true,"ipMasq":true,"macspoofchk":true,{{Dual}}""", TcpPorts, Limits, Firewall, Tuning) { Subjects = [0, 2, 3, 4] },
        new("chain-ports", $$"""{"type":"bridge","bridge":"br0","isGateway":true,"ipMasq":true,"macspoofchk":true,{{Dual}}""", Ports, Limits, Firewall, Tuning) { Subjects = [1] },
    ];

    /// <summary>An address plugin alone has none.</summary>
    public bool HasPod { get; init; } = true;

    /// <summary>What others have written into <c>DIR</c> before: names and contents.</summary>
    public IReadOnlyList<(string Name, string Content)> Files { get; init; } = [];

    /// <summary>What a host has that is moved into pods: <c>ip link add …</c>.</summary>
    public IReadOnlyList<string> Links { get; init; } = [];

    /// <summary>
    /// Chains of iptables say nothing about when they were made, so GC spares them; a veth in a pod goes with the pod, and no hardware can be had here: it is
    /// DEL alone that cleans up.
    /// </summary>
    public bool IsCollected => Name is not ("iptables" or "host-device");

    /// <summary>
    /// Faults must not go into the programs that a plugin runs, which are others' and lie about them (iptables-save leaves rules out, and succeeds); strace is
    /// quick only where it follows all of them.
    /// </summary>
    public bool RunsPrograms => Name == "iptables";

    /// <summary>
    /// Each trial has a host on which nobody ever was: what is shared is half made when the fault comes, and the next attachment has to find it or make it
    /// whole.
    /// </summary>
    public bool IsFirst { get; init; }

    /// <summary>Whether faults go into the runtime's start too, which is one executable's and the same for all plugins that it is: loopback's and calico-ipam's stand for the others.</summary>
    public bool HasStart => Name is "loopback" or "calico-ipam";

    /// <summary>Whether there are qdiscs to look at.</summary>
    public bool HasLimits => Plugins.Contains(Limits);

    /// <summary>The plugins that faults go into: unless told, the last.</summary>
    public IReadOnlyList<int> Subjects { get; init; } = [Plugins.Length - 1];

    /// <summary>The type of a plugin.</summary>
    public string TypeOf(int index) => Plugins[index].Split('"')[3];

    /// <summary>A plugin's configuration on a host for an attachment, with what a runtime adds.</summary>
    public string Configuration(int index, string directory, int number, string more) =>
        $$"""{{Plugins[index].Replace("DIR", directory, StringComparison.Ordinal).Replace("NTH", $"{number}", StringComparison.Ordinal)}},"cniVersion":"1.1.0","name":"{{Name}}"{{more}}}""";
}
