using System.Net;
using System.Net.Sockets;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Nftables;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Kernel;

/// <summary>What the rules do to connections: a pod and a remote machine, with the host between them.</summary>
public sealed class NftPacketTests
{
    [Theory]
    [InlineData("10.1.0.2", "10.1.0.1", "192.0.2.1", "192.0.2.2")]
    [InlineData("fd00:1::2", "fd00:1::1", "2001:db8::1", "2001:db8::2")]
    public void A_pod_hides_behind_its_host_but_not_in_its_own_network(string pod, string gateway, string host, string remote)
    {
        using var net = new Network();
        net.Host.Socket.Commit(NftLayout.Skeleton());
        Assert.Null(Network.SourceSeen(net.Pod, net.Remote, remote, 80)); // the remote machine has no route back to a pod

        var elements = NftLayout.Pod(pod, 8080, 80, "owner");
        net.Host.Socket.Commit(new Batch().Create(elements));
        Assert.Equal(host, Network.SourceSeen(net.Pod, net.Remote, remote, 80));
        Assert.Equal(pod, Network.SourceSeen(net.Pod, net.Host.Netns, gateway, 80));

        net.Host.Socket.Commit(new Batch().Delete(elements));
        Assert.Null(Network.SourceSeen(net.Pod, net.Remote, remote, 80));
    }

    [Theory]
    [InlineData("10.1.0.2", "10.1.0.1", "192.0.2.1", "192.0.2.2")]
    [InlineData("fd00:1::2", "fd00:1::1", "2001:db8::1", "2001:db8::2")]
    public void A_host_port_leads_to_the_pod_and_keeps_the_client_but_for_hairpins(string pod, string gateway, string host, string remote)
    {
        using var net = new Network();
        net.Host.Socket.Commit(NftLayout.Skeleton());
        Assert.Null(Network.SourceSeen(net.Remote, net.Pod, host, 8080, 80));

        var elements = NftLayout.Pod(pod, 8080, 80, "owner");
        net.Host.Socket.Commit(new Batch().Create(elements));
        Assert.Equal(remote, Network.SourceSeen(net.Remote, net.Pod, host, 8080, 80));
        Assert.Equal(gateway, Network.SourceSeen(net.Pod, net.Pod, host, 8080, 80));
        Assert.Null(Network.SourceSeen(net.Pod, net.Pod, remote, 8080, 80)); // no address of this host
        if (pod.Contains('.', StringComparison.Ordinal))
            Assert.Equal(gateway, Network.SourceSeen(net.Host.Netns, net.Pod, "127.0.0.1", 8080, 80));

        net.Host.Socket.Commit(new Batch().Delete(elements));
        Assert.Null(Network.SourceSeen(net.Remote, net.Pod, host, 8080, 80));
    }

    [Fact]
    public void A_host_port_of_one_address_goes_before_that_of_any()
    {
        using var net = new Network();
        var any = NftLayout.Pod("10.1.0.2", 8080, 80, "any").Single(element => element.Set == NftLayout.PortAny(v6: false));
        var one = new Element(NftLayout.Port(v6: false), new Datum([Value.Of(IpAddress.Parse("192.0.2.1")), .. any.Key.Values]))
        {
            Data = new Datum(Value.Of(IpAddress.Parse("10.1.0.2")), Value.Port(81)),
        };
        net.Host.Socket.Commit(NftLayout.Skeleton().Create(any, one));
        Assert.Equal("192.0.2.2", Network.SourceSeen(net.Remote, net.Pod, "192.0.2.1", 8080, 81));
        net.Host.Socket.Commit(new Batch().Delete(one));
        Assert.Equal("192.0.2.2", Network.SourceSeen(net.Remote, net.Pod, "192.0.2.1", 8080, 80));
    }

    [Fact]
    public void A_bridge_drops_frames_of_a_port_that_lies_about_its_address()
    {
        using var net = new Network();
        net.Host.Sandbox.Ip("link add br0 type bridge");
        net.Host.Sandbox.Ip("link set br0 up");
        net.Host.Sandbox.Ip("addr flush dev pod0");
        net.Host.Sandbox.Ip("link set pod0 master br0");
        net.Host.Sandbox.Ip("addr add 10.1.0.1/24 dev br0");
        Assert.Equal("10.1.0.2", Network.SourceSeen(net.Pod, net.Host.Netns, "10.1.0.1", 80));

        var mac = MacAddress.TryParse(Sandbox.PodIpJson(net.Pod.Path, "link show eth0")[0].GetProperty("address").GetString(), out var parsed)
            ? parsed : default;
        var chain = new Chain(new Table(Family.Bridge, "cni_plugins"), "guard")
        {
            Hook = new Hook(ChainType.Filter, HookPoint.Prerouting, -200),
        };
        var guarded = new Set(chain.Table, "guarded", DataType.IfName);
        var pairs = new Set(chain.Table, "pairs", DataType.IfName, DataType.EtherAddr);
        net.Host.Socket.Commit(new Batch().Ensure(chain.Table).Ensure(chain).Ensure(guarded).Ensure(pairs)
            .Add(chain, [Meta.IifName.In(guarded), Meta.IifName.Then(Ether.Source).NotIn(pairs), Verdict.Drop])
            .Create(new Element(guarded, new Datum(Value.IfName("pod0"))))
            .Create(new Element(pairs, new Datum(Value.IfName("pod0"), Value.Of(mac)))));
        Assert.Equal("10.1.0.2", Network.SourceSeen(net.Pod, net.Host.Netns, "10.1.0.1", 80));

        Sandbox.PodIp(net.Pod.Path, "link set eth0 address 02:00:00:00:00:99");
        Assert.Null(Network.SourceSeen(net.Pod, net.Host.Netns, "10.1.0.1", 80));
    }

    private sealed class Network : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

        public Network()
        {
            Host.Netns.Run(NoDuplicateAddressDetection);
            Pod = Join("pod0", "10.1.0.1/24", "10.1.0.2/24", "fd00:1::1/64", "fd00:1::2/64", defaultRoute: true);
            Remote = Join("remote0", "192.0.2.1/24", "192.0.2.2/24", "2001:db8::1/64", "2001:db8::2/64", defaultRoute: false);
            Host.Netns.Run(() =>
            {
                File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "1");
                File.WriteAllText("/proc/sys/net/ipv6/conf/all/forwarding", "1");
                File.WriteAllText("/proc/sys/net/ipv4/conf/pod0/route_localnet", "1");
            });
        }

        public NftHost Host { get; } = new();

        public Netns Pod { get; }

        public Netns Remote { get; }

        /// <summary>The address that a server sees of a client; null when the client does not come through.</summary>
        public static string? SourceSeen(Netns client, Netns server, string address, int port, int? listenOn = null)
        {
            var target = new IPEndPoint(IPAddress.Parse(address), port);
            using var listener = server.Run(() => new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
            Probe.Bind(listener, new IPEndPoint(target.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, listenOn ?? port));
            listener.Listen();
            using var socket = client.Run(() => new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
            try
            {
                if (!socket.ConnectAsync(target).Wait(Patience) || !listener.Poll(Patience, SelectMode.SelectRead))
                    return null;
            }
            catch (AggregateException e) when (e.InnerException is SocketException)
            {
                return null;
            }

            using var accepted = listener.Accept();
            return ((IPEndPoint)accepted.RemoteEndPoint!).Address.ToString();
        }

        public void Dispose()
        {
            Pod.Dispose();
            Remote.Dispose();
            Host.Dispose();
        }

        /// <summary>Without a link-local address that is no longer tentative, a link asks for no neighbours.</summary>
        private static void NoDuplicateAddressDetection() => File.WriteAllText("/proc/sys/net/ipv6/conf/default/accept_dad", "0");

        private Netns Join(string link, string host4, string peer4, string host6, string peer6, bool defaultRoute)
        {
            var peer = Host.Sandbox.AddPod();
            using (var netns = Netns.Open(peer))
                netns.Run(NoDuplicateAddressDetection);
            Host.Sandbox.Ip($"link add {link} type veth peer name eth0 netns {Path.GetFileName(peer)}");
            Host.Sandbox.Ip($"addr add {host4} dev {link}");
            Host.Sandbox.Ip($"addr add {host6} dev {link} nodad");
            Host.Sandbox.Ip($"link set {link} up");
            Sandbox.PodIp(peer, $"addr add {peer4} dev eth0");
            Sandbox.PodIp(peer, $"addr add {peer6} dev eth0 nodad");
            Sandbox.PodIp(peer, "link set eth0 up");
            Sandbox.PodIp(peer, "link set lo up");
            if (defaultRoute)
            {
                Sandbox.PodIp(peer, $"route add default via {host4.Split('/')[0]}");
                Sandbox.PodIp(peer, $"route add default via {host6.Split('/')[0]} dev eth0");
            }

            return Netns.Open(peer);
        }
    }
}
