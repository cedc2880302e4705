using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>DEL and GC look for what an attachment owns, not for what its configuration says by now.</summary>
public sealed class SwitchedOffTests : IDisposable
{
    private readonly Sandbox _host = new();

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("bridge", "\"ipMasq\":true")]
    [InlineData("ptp", "\"ipMasq\":true")]
    [InlineData("bridge", "\"ipMasq\":true,\"ipMasqBackend\":\"iptables\"")]
    [InlineData("ptp", "\"ipMasq\":true,\"ipMasqBackend\":\"iptables\"")]
    [InlineData("bridge", "\"macspoofchk\":true")]
    public void An_option_that_was_switched_off_leaves_nothing(string type, string option)
    {
        Assert.SkipUnless(!option.Contains("iptables", StringComparison.Ordinal) || Tool.Exists("iptables-restore"), "there is no iptables-restore");
        var (cni, pod) = (new CniCall(_host), _host.AddPod());
        var result = cni.Add(Network(type, option), "c1", pod);
        Assert.NotEmpty(Owned());
        cni.Del(CniCall.WithPrevious(Network(type, ""), result), "c1", pod);
        Assert.Empty(Owned());
    }

    /// <summary>portmap and firewall were in the list at ADD, and are not any more: GC of the main plugin takes what they made.</summary>
    [Theory]
    [InlineData("bridge")]
    [InlineData("ptp")]
    public void A_plugin_that_was_taken_out_of_the_list_leaves_nothing_behind_a_GC(string type)
    {
        var (runtime, pod) = (new ChainCall(_host), _host.AddPod());
        var (before, now) = (List(type, ",{\"type\":\"portmap\",\"capabilities\":{\"portMappings\":true} },{\"type\":\"firewall\"}"), List(type, ""));
        runtime.Add(before, "c1", pod, PortNetwork.Ports(8080));
        runtime.Del(now, "c1", pod);
        Assert.NotEmpty(Owned());
        runtime.Gc(now, []);
        Assert.Empty(Owned());
    }

    /// <summary>A person, or a runtime that has lost its memory, does not name the ports that ADD was told of.</summary>
    [Fact]
    public void DEL_without_ports_takes_those_that_the_attachment_has()
    {
        var portmap = new PortmapCall(_host);
        portmap.Add(PortmapCall.Conf(), "c1", _host.AddPod());
        portmap.Add(PortmapCall.Conf(PortNetwork.Ports(9090), network: "n2", addresses: "10.1.0.3/24"), "c2", _host.AddPod());
        portmap.Del(PortmapCall.Conf().Replace($",\"runtimeConfig\":{{\"portMappings\":{PortmapCall.Tcp8080}}}", "", StringComparison.Ordinal), "c1");
        Assert.DoesNotContain(portmap.Elements(), element => element.EndsWith("of c1", StringComparison.Ordinal));
        Assert.Contains(portmap.Elements(), element => element.EndsWith("of c2", StringComparison.Ordinal));
    }

    /// <summary>tuning gives the pod another hardware address than the bridge did.</summary>
    [Fact]
    public void A_guarded_port_sends_with_the_address_that_tuning_gave_it_and_with_no_other()
    {
        var (runtime, pod) = (new ChainCall(_host), _host.AddPod());
        var conf = List("bridge", ",{\"type\":\"tuning\",\"mac\":\"02:00:00:00:00:77\"}", "\"macspoofchk\":true");
        runtime.Add(conf, "c1", pod);
        Assert.True(Pings(pod));
        runtime.Check(conf, "c1", pod);
        Sandbox.PodIp(pod, "link set eth0 address 02:00:00:00:00:78");
        Assert.False(Pings(pod));
        Sandbox.PodIp(pod, "link set eth0 address 02:00:00:00:00:77");
        Assert.True(Pings(pod));
        runtime.Del(conf, "c1", pod);
        Assert.Empty(Owned());
    }

    private static bool Pings(string pod) => Sandbox.TryInPod(pod, "ping", "-c1", "-i0.4", "-w2", "10.1.0.1").ExitCode == 0;

    /// <summary>Whatever bears an owner's name in the packet filter.</summary>
    private string[] Owned() => [.. _host.InHost("nft", "list", "ruleset").Split('\n')
        .Where(line => line.Contains("id: ", StringComparison.Ordinal) || line.Contains("chain CNI-", StringComparison.Ordinal))];

    private string List(string type, string chained, string options = "") =>
        $$"""{"cniVersion":"1.1.0","name":"net1","plugins":[{{Network(type, options)}}{{chained}}]}""";

    private string Network(string type, string option) =>
        $$"""
        {"cniVersion":"1.1.0","name":"net1","type":"{{type}}",{{(type == "bridge" ? "\"bridge\":\"br0\",\"isGateway\":true," : "")}}
         {{option}}{{(option.Length > 0 ? "," : "")}}{{Conf.HostLocal(_host, "[]", "10.1.0.0/24")}} }
        """;
}
