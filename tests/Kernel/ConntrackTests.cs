using System.Net;
using System.Net.Sockets;
using CniPlugins.Conntrack;
using CniPlugins.Linux;
using CniPlugins.Nftables;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Kernel;

/// <summary>What the kernel remembers of flows: read and forgotten by us, judged by the conntrack program.</summary>
public sealed class ConntrackTests
{
    private const byte Udp = 17;

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.2", "ipv4")]
    [InlineData("::1", "::1", "ipv6")]
    public void Flows_to_a_port_are_found_and_forgotten_and_others_stay(string address, string other, string family)
    {
        using var host = new NftHost();
        Track(host);
        Send(host.Netns, address, 5300);
        Send(host.Netns, address, 5301);
        Send(host.Netns, other, 5300);
        using var conntrack = host.Netns.Run(ConntrackSocket.OpenHere);
        var flows = conntrack.FlowsTo(address.Contains(':', StringComparison.Ordinal), Udp, 5300);
        Assert.Equal([address, other], flows.Select(flow => flow.Destination.ToString()).Order(StringComparer.Ordinal));
        Assert.All(flows, flow => Assert.Equal(5300, flow.DestinationPort));
        Assert.Empty(conntrack.FlowsTo(!address.Contains(':', StringComparison.Ordinal), Udp, 5300));
        Assert.Empty(conntrack.FlowsTo(address.Contains(':', StringComparison.Ordinal), 6, 5300));
        if (Tool.Exists("conntrack"))
            Assert.Equal(3, Listed(host, family));

        foreach (var flow in flows)
        {
            conntrack.Delete(flow);
            conntrack.Delete(flow); // gone by now
        }

        Assert.Empty(conntrack.FlowsTo(address.Contains(':', StringComparison.Ordinal), Udp, 5300));
        Assert.Single(conntrack.FlowsTo(address.Contains(':', StringComparison.Ordinal), Udp, 5301));
        if (Tool.Exists("conntrack"))
            Assert.Equal(1, Listed(host, family));
    }

    [Fact]
    public void A_host_that_tracks_nothing_has_no_flows()
    {
        using var host = new NftHost();
        using var conntrack = host.Netns.Run(ConntrackSocket.OpenHere);
        Assert.Empty(conntrack.FlowsTo(isV6: false, Udp, 53));
        Assert.Empty(conntrack.FlowsTo(isV6: true, Udp, 53));
    }

    /// <summary>The kernel tracks what some rule asks about.</summary>
    private static void Track(NftHost host)
    {
        var chain = new Chain(new Table(Family.Inet, "t"), "output") { Hook = new Hook(ChainType.Filter, HookPoint.Output, Priority.Filter) };
        host.Socket.Commit(new Batch().Ensure(chain.Table).Ensure(chain).Add(chain, [Ct.State(CtState.New), Verdict.Accept]));
    }

    private static void Send(Netns netns, string address, int port)
    {
        var target = new IPEndPoint(IPAddress.Parse(address), port);
        using var receiver = netns.Run(() => new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        using var sender = netns.Run(() => new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        receiver.Bind(target);
        sender.SendTo([1], target);
        Assert.True(receiver.Poll(TimeSpan.FromSeconds(5), SelectMode.SelectRead));
    }

    private static int Listed(NftHost host, string family) =>
        host.Sandbox.InHost("conntrack", "-L", "-f", family, "-p", "udp").Split('\n').Count(line => line.StartsWith("udp", StringComparison.Ordinal));
}
