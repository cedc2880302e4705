using System.Globalization;
using System.Net.Sockets;
using System.Text;
using CniPlugins.Linux;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins.Security;

/// <summary>A process in a pod that may do anything there (CAP_NET_ADMIN, CAP_NET_RAW), and what it cannot do outside.</summary>
public sealed class UntrustedPodTests
{
    private const string Foreign = "02:00:00:00:00:99";

    /// <summary>Headers between the source address and the payload: nothing, a priority tag, a VLAN, a VLAN in a VLAN, and other protocols.</summary>
    private static readonly byte[][] Headers =
    [
        [0x88, 0xb5], [0x81, 0x00, 0x00, 0x00, 0x88, 0xb5], [0x81, 0x00, 0x00, 0x01, 0x88, 0xb5], [0x88, 0xa8, 0x00, 0x05, 0x81, 0x00, 0x00, 0x05, 0x88, 0xb5],
        [0x08, 0x06], [0x08, 0x00], [0x86, 0xdd], [0x00, 0x40],
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void No_frame_with_a_foreign_source_passes_macspoofchk_whatever_it_carries(bool isGuarded)
    {
        using var host = new Sandbox();
        var (attacker, neighbour) = (host.AddPod(), host.AddPod());
        var cni = new CniCall(host);
        cni.Add(Conf.Bridge($"\"isGateway\":true,\"macspoofchk\":{(isGuarded ? "true" : "false")},{Conf.DualStack(host)}"), "c1", attacker);
        cni.Add(Conf.Typical(host), "c2", neighbour);
        var own = Bytes(MacOf(attacker));
        using var sender = PacketSocket.Open(attacker, "eth0");
        using var receiver = PacketSocket.Open(neighbour, "eth0");
        using var gateway = PacketSocket.Open(host.HostPath, "br0");
        foreach (var destination in new[] { Bytes("ff:ff:ff:ff:ff:ff"), Bytes(MacOf(neighbour)), Bytes("01:80:c2:00:00:00"), Bytes("33:33:00:00:00:01") })
        {
            foreach (var header in Headers)
                sender.Send(destination, Bytes(Foreign), header, new byte[60]);
        }

        var end = Encoding.ASCII.GetBytes("the end");
        sender.Send(Bytes("ff:ff:ff:ff:ff:ff"), own, [0x88, 0xb5], end, new byte[60]);
        foreach (var frames in new[] { receiver.ReceiveUntil(end), gateway.ReceiveUntil(end) })
            Assert.Equal(!isGuarded, frames.Any(frame => frame.AsSpan(6, 6).SequenceEqual(Bytes(Foreign))));
        Assert.Equal(!isGuarded, host.InHost("bridge", "fdb", "show", "br", "br0").Contains(Foreign, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("bridge", "nftables")]
    [InlineData("ptp", "nftables")]
    [InlineData("bridge", "iptables")]
    public void What_listens_on_127_0_0_1_of_the_host_is_not_reached_though_host_ports_open_it_to_the_host(string main, string backend)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var call = new ChainCall(host);
        var ipam = Conf.HostLocal(host, "[]", "10.1.0.0/24");
        var connector = main == "bridge" ? "\"type\":\"bridge\",\"bridge\":\"br0\",\"isGateway\":true" : "\"type\":\"ptp\"";
        call.Add(
            $$"""{"cniVersion":"1.0.0","name":"net1","plugins":[{ {{connector}},{{ipam}} },{"type":"portmap","backend":"{{backend}}","snat":true,"capabilities":{"portMappings":true} }]}""",
            "c1", pod, PortmapCall.Tcp8080);
        Assert.Contains("= 1", host.InHost("sh", "-c", "sysctl -a 2>/dev/null | grep 'route_localnet = 1'"), StringComparison.Ordinal);
        using var hostNetns = host.OpenHost();
        using var podNetns = Netns.Open(pod);
        using var server = new ProbeServer(hostNetns, "host", [9_999]);

        // The pod makes 127.0.0.1 an address like any other, and the host the way to it.
        Assert.Equal(0, Sandbox.TryInPod(pod, "sysctl", "-w", "net.ipv4.conf.all.route_localnet=1").ExitCode);
        Sandbox.PodIp(pod, "route add 127.0.0.1/32 via 10.1.0.1 dev eth0 src 10.1.0.2");
        Assert.Equal("host 10.1.0.2", Ask(podNetns, "10.1.0.1", SocketType.Stream));
        Assert.Equal(Probe.Silent, Ask(podNetns, "127.0.0.1", SocketType.Stream));
        Assert.Equal(Probe.Silent, Ask(podNetns, "127.0.0.1", SocketType.Dgram));

        // The attack is a real one: without our rules it succeeds.
        host.InHost("nft", "flush", "ruleset");
        Assert.Equal("host 10.1.0.2", Ask(podNetns, "127.0.0.1", SocketType.Stream));
    }

    private static string Ask(Netns from, string address, SocketType type) => Probe.Ask([new Probe(from, address, 9_999, type)], TimeSpan.FromSeconds(1))[0];

    private static string MacOf(string pod) => Sandbox.PodIpJson(pod, "link show eth0")[0].GetProperty("address").GetString()!;

    private static byte[] Bytes(string mac) => [.. mac.Split(':').Select(part => byte.Parse(part, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
}
