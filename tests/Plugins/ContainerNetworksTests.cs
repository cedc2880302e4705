using System.Net.Sockets;
using CniPlugins.Linux;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>
/// A container in several networks: runtimes (go-cni, podman) hand the same ports to each of them. The ports are the
/// container's, and its networks have them in turn.
/// </summary>
public sealed class ContainerNetworksTests : IDisposable
{
    private static readonly string Ports = PortNetwork.Ports(8080);

    private readonly Sandbox _host = new();
    private readonly string _pod;
    private readonly ChainCall _runtime;

    public ContainerNetworksTests()
    {
        _pod = _host.AddPod();
        _runtime = new ChainCall(_host);
        _host.Ip("link set lo up");
    }

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("", "")]
    [InlineData("", "192.0.2.9")]
    [InlineData("iptables", "")]
    public void The_first_answers_and_the_second_when_the_first_is_gone(string backend, string hostIp)
    {
        SkipWithout(backend);
        var ports = With(hostIp);
        Add(1, backend, ports);
        Add(2, backend, ports);
        Assert.Equal("10.1.0.1", ClientThatThePodSees(hostIp));
        Check(1, backend, ports);
        Check(2, backend, ports);
        Del(1, backend, ports);
        Assert.Equal("10.2.0.1", ClientThatThePodSees(hostIp));
        Check(2, backend, ports);
        Del(2, backend, ports);
        Assert.Empty(PortNetwork.OfPods(_host));
    }

    [Theory]
    [InlineData(1, 2, 3)]
    [InlineData(3, 2, 1)]
    [InlineData(2, 1, 3)]
    public void Three_networks_may_go_in_any_order_and_come_back(int first, int second, int third)
    {
        foreach (var network in (int[])[1, 2, 3])
            Add(network, "", Ports);
        Del(first, "", Ports);
        Check(second, "", Ports);
        Check(third, "", Ports);
        Assert.NotEqual(Probe.Silent, ClientThatThePodSees(""));
        Add(first, "", Ports);
        Check(first, "", Ports);
        foreach (var network in (int[])[second, third, first])
            Del(network, "", Ports);
        Assert.Empty(PortNetwork.OfPods(_host));
    }

    [Fact]
    public void Another_container_gets_no_port_of_theirs_and_all_when_they_are_gone()
    {
        Add(1, "", Ports);
        Add(2, "", Ports);
        Del(1, "", Ports);
        var other = _host.AddPod();
        var refused = Assert.ThrowsAny<Exception>(() => _runtime.Add(Network(3, ""), "other", other, Ports));
        Assert.Contains("host port 8080/tcp is taken by container c1 of network net2", refused.Message, StringComparison.Ordinal);
        _runtime.Del(Network(3, ""), "other", other, Ports);
        Del(2, "", Ports);
        _runtime.Add(Network(3, ""), "other", other, Ports);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void GC_of_one_network_leaves_the_others_ports(int stale)
    {
        Add(1, "", Ports);
        Add(2, "", Ports);
        _runtime.Gc(Network(stale, ""), []);
        var left = 3 - stale;
        Assert.Equal($"10.{left}.0.1", ClientThatThePodSees(""));
        Check(left, "", Ports);
        Del(left, "", Ports);
        Assert.Empty(PortNetwork.OfPods(_host));
    }

    [Fact]
    public void Both_are_masqueraded_and_admitted_and_only_what_is_deleted_stops_to_be()
    {
        Add(1, "", Ports);
        Add(2, "", Ports);
        Assert.Equal(2, Lines("masq4", "fw_pods4"));
        Del(1, "", Ports);
        Check(2, "", Ports);
        Del(2, "", Ports);
        Assert.Equal(0, Lines("masq4", "fw_pods4"));

        int Lines(params string[] sets) => sets.Select(set => _host.InHost("nft", "list", "set", "inet", "cni_plugins", set)
            .Split("id: ").Length - 1).Distinct().Single();
    }

    [Fact]
    public void A_long_name_of_a_network_does_not_hide_whose_a_port_is()
    {
        var name = new string('n', 120);
        var (first, second) = (Network(1, "").Replace("\"net1\"", $"\"{name}1\""), Network(2, "").Replace("\"net2\"", $"\"{name}2\""));
        _runtime.Add(first, "c1", _pod, Ports);
        _runtime.Add(second, "c1", _pod, Ports, "eth1");
        Assert.ThrowsAny<Exception>(() => _runtime.Add(Network(3, ""), "other", _host.AddPod(), Ports));
    }

    private static string With(string hostIp) =>
        hostIp.Length == 0 ? Ports : Ports.Replace("\"protocol\"", $"\"hostIP\":\"{hostIp}\",\"protocol\"");

    private static void SkipWithout(string backend) =>
        Assert.SkipUnless(backend.Length == 0 || Tool.Exists("iptables-restore"), "there is no iptables-restore");

    private string Network(int number, string backend) =>
        $$"""
        {"cniVersion":"1.1.0","name":"net{{number}}","plugins":[
          {"type":"bridge","bridge":"br{{number}}","isGateway":true,"ipMasq":true,{{Conf.HostLocal(_host, "[]", $"10.{number}.0.0/24")}} },
          {"type":"portmap",{{(backend.Length > 0 ? $"\"backend\":\"{backend}\", " : "")}} "masqAll":true,"capabilities":{"portMappings":true} },
          {"type":"firewall"}]}
        """;

    private void Add(int number, string backend, string ports) =>
        _runtime.Add(Network(number, backend), "c1", _pod, ports, $"eth{number}");

    private void Check(int number, string backend, string ports) =>
        _runtime.Check(Network(number, backend), "c1", _pod, ports, $"eth{number}");

    private void Del(int number, string backend, string ports) =>
        _runtime.Del(Network(number, backend), "c1", _pod, ports, $"eth{number}");

    /// <summary>With masqAll a client on the host comes from the gateway of the network that it is led to.</summary>
    private string ClientThatThePodSees(string hostIp)
    {
        if (hostIp.Length > 0)
            _host.Ip($"addr replace {hostIp}/32 dev lo");
        using var pod = Netns.Open(_pod);
        using var host = _host.OpenHost();
        using var server = new ProbeServer(pod, "pod", [80]);
        var address = hostIp.Length > 0 ? hostIp : "127.0.0.1";
        var answer = Probe.Ask([new Probe(host, address, 8080, SocketType.Stream)], TimeSpan.FromSeconds(5))[0];
        return answer.Replace("pod ", "", StringComparison.Ordinal);
    }
}
