using System.Net;
using System.Net.Sockets;
using CniPlugins.Conntrack;
using CniPlugins.Linux;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>What becomes of connections: which flows are forgotten, and whom conditions let through.</summary>
public sealed class PortmapFlowTests
{
    private const byte Udp = 17;
    private const string ToOne = """[{"hostPort":5300,"containerPort":53,"protocol":"udp","hostIP":"192.0.2.1"}]""";
    private const string ToAny = """[{"hostPort":5300,"containerPort":53,"protocol":"udp"}]""";

    public static TheoryData<string, string[]> Forgotten => new()
    {
        { ToOne, ["10.1.0.77", "127.0.0.1", "192.0.2.2"] },
        { ToAny, ["10.1.0.77"] }, // not of this host: it passes through
        { ToAny.Replace("udp", "tcp", StringComparison.Ordinal), ["10.1.0.77", "127.0.0.1", "192.0.2.1", "192.0.2.2"] },
    };

    [Theory]
    [MemberData(nameof(Forgotten))]
    public void ADD_and_DEL_forget_UDP_flows_to_the_mapped_address_and_port_and_no_others(string ports, string[] left)
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        foreach (var address in new[] { "192.0.2.1", "192.0.2.2" })
            host.Ip($"addr add {address}/32 dev lo");
        portmap.Add(PortmapCall.Conf(), "tracks", host.AddPod());
        using var netns = host.OpenHost();

        Send(netns);
        portmap.Add(PortmapCall.Conf(ports), "c1", host.AddPod());
        Assert.Equal(left, Destinations(netns, 5300));
        Assert.Equal(["192.0.2.1"], Destinations(netns, 5301));
        Send(netns);
        portmap.Del(PortmapCall.Conf(ports), "c1");
        Assert.Equal(left, Destinations(netns, 5300));
        Send(netns);
        portmap.Del(PortmapCall.Without(ports), "c1");
        Assert.Equal(left, Destinations(netns, 5300));
        Assert.Equal(["192.0.2.1"], Destinations(netns, 5301));
    }

    [Fact]
    public void Conditions_decide_whom_a_port_is_for_and_others_may_have_it_for_the_rest()
    {
        using var network = new MatrixNetwork(new MatrixSetting("bridge", 0, Hairpin: false), bin: null, "");
        var runtime = new ChainCall(network.Sandbox);
        var (near, rest) = (network.AddPod(), network.AddPod());
        using var nearServer = new ProbeServer(near, "near", [80]);
        using var restServer = new ProbeServer(rest, "rest", [80]);
        var conditions = Network(network.Sandbox, "near", 3, ",\"conditionsV4\":[\"ip saddr != 198.51.100.0/24\"]");
        const string Ports = """[{"hostPort":9000,"containerPort":80,"protocol":"tcp"},{"hostPort":9000,"containerPort":80,"protocol":"udp"}]""";
        runtime.Add(conditions, "near", near.Path, Ports);
        Assert.Equal(["near 192.0.2.2", "near 192.0.2.2", "refused", "refused", "near 10.3.0.1", "near 10.3.0.1"], Ask(network));
        runtime.Add(Network(network.Sandbox, "rest", 4, ""), "rest", rest.Path, Ports);
        Assert.Equal(["near 192.0.2.2", "near 192.0.2.2", "rest 198.51.100.2", "rest 198.51.100.2", "near 10.3.0.1", "near 10.3.0.1"], Ask(network));
        runtime.Del(conditions, "near", near.Path, Ports);
        Assert.Equal(["rest 192.0.2.2", "rest 192.0.2.2", "rest 198.51.100.2", "rest 198.51.100.2", "rest 10.4.0.1", "rest 10.4.0.1"], Ask(network));
    }

    [Theory]
    [InlineData("nftables")]
    [InlineData("iptables")]
    public void With_masqAll_a_pod_sees_the_host_where_others_see_the_client(string backend)
    {
        using var network = new MatrixNetwork(new MatrixSetting("bridge", 0, Hairpin: false), bin: null, "");
        var runtime = new ChainCall(network.Sandbox);
        var pod = network.AddPod();
        using var server = new ProbeServer(pod, "pod", [80]);
        const string Ports = """[{"hostPort":9000,"containerPort":80,"protocol":"tcp"},{"hostPort":9000,"containerPort":80,"protocol":"udp"}]""";
        var conf = Network(network.Sandbox, "all", 3, $",\"backend\":\"{backend}\",\"masqAll\":true");
        runtime.Add(conf, "c1", pod.Path, Ports);
        Assert.Equal(["pod 10.3.0.1", "pod 10.3.0.1", "pod 10.3.0.1", "pod 10.3.0.1", "pod 10.3.0.1", "pod 10.3.0.1"], Ask(network));
        runtime.Del(conf, "c1", pod.Path, Ports);
        Assert.All(Ask(network), answer => Assert.Equal("refused", answer));
    }

    private static string[] Ask(MatrixNetwork network) => Probe.Ask(
        [
            .. from place in new[] { (network.Remote, "192.0.2.1"), (network.Far, "198.51.100.1"), (network.Host, "127.0.0.1") }
               from type in new[] { SocketType.Stream, SocketType.Dgram }
               select new Probe(place.Item1, place.Item2, 9000, type),
        ],
        TimeSpan.FromSeconds(1));

    private static string Network(Sandbox host, string name, int subnet, string more) => $$"""
        {"cniVersion":"1.0.0","name":"{{name}}","plugins":[
          {"type":"bridge","bridge":"br-{{name}}","isGateway":true,{{Conf.HostLocal(host, Conf.DefaultRoutes, $"10.{subnet}.0.0/24")}}},
          {"type":"portmap","capabilities":{"portMappings":true}{{more}}}]}
        """;

    /// <summary>One datagram each; whether somebody listens does not matter to who keeps track.</summary>
    private static void Send(Netns netns) => netns.Run(() =>
    {
        foreach (var (address, port) in new[] { ("192.0.2.1", 5300), ("192.0.2.2", 5300), ("127.0.0.1", 5300), ("10.1.0.77", 5300), ("192.0.2.1", 5301) })
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            Probe.Bind(socket, new IPEndPoint(IPAddress.Any, 40000 + port));
            socket.SendTo([1], new IPEndPoint(IPAddress.Parse(address), port));
        }
    });

    private static string[] Destinations(Netns netns, ushort port)
    {
        using var conntrack = netns.Run(ConntrackSocket.OpenHere);
        return [.. conntrack.FlowsTo(isV6: false, Udp, port).Select(flow => flow.Destination.ToString()).Distinct().Order(StringComparer.Ordinal)];
    }
}
