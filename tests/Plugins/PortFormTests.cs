using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>
/// A live migration has ports in several forms on one host: our elements, iptables' chains (ours and upstream's), upstream's
/// nft rules. Whatever the form, a living container keeps its port and a dead one's is taken over.
/// </summary>
public sealed class PortFormTests : IDisposable
{
    private static readonly string Ports = PortNetwork.Ports(8080);

    private readonly Sandbox _host = new();

    public void Dispose() => _host.Dispose();

    public static TheoryData<string, string> Forms => new()
    {
        { "ours", "iptables" },
        { "ours", "externalSetMarkChain" },
        { "iptables", "ours" },
        { "iptables", "iptables" },
        { "debian", "ours" },
        { "debian", "iptables" },
        { "upstream-nft", "ours" },
        { "upstream-nft", "iptables" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_living_containers_port_is_refused_by_name(string first, string second)
    {
        var pod = _host.AddPod();
        Attach(first, "c1", pod);
        var rules = PortNetwork.OfPods(_host);
        var other = _host.AddPod();
        var refused = Assert.ThrowsAny<Exception>(() => Attach(second, "c2", other));
        Assert.Contains("host port 8080/tcp is taken by container c1", refused.Message, StringComparison.Ordinal);
        Runtime(second).Del(Network(second), "c2", other, Ports);
        Assert.Equal(rules, PortNetwork.OfPods(_host));
        if (first is not "upstream-nft")
            Runtime("ours").Check(Network(first), "c1", pod, Ports);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_dead_containers_port_is_taken_over(string first, string second)
    {
        var pod = _host.AddPod();
        Attach(first, "c1", pod);
        Tool.Run("ip", "netns", "del", Path.GetFileName(pod));
        var other = _host.AddPod();
        Attach(second, "c2", other);
        Runtime(second).Check(Network(second), "c2", other, Ports);
        Assert.DoesNotContain(PortNetwork.OfPods(_host), line => line.Contains("8080", StringComparison.Ordinal) && line.Contains("c1\"", StringComparison.Ordinal));
        Runtime(second).Del(Network(second), "c2", other, Ports);
        Assert.DoesNotContain(PortNetwork.OfPods(_host), line => line.Contains("c2", StringComparison.Ordinal));
    }

    /// <summary>Upstream's plugin asks nobody; what it makes after ours is met first.</summary>
    [Fact]
    public void CHECK_of_who_has_lost_a_port_names_who_has_it()
    {
        var pod = _host.AddPod();
        Attach("ours", "c1", pod);
        Attach("debian", "c2", _host.AddPod());
        var failed = Assert.ThrowsAny<Exception>(() => Runtime("ours").Check(Network("ours"), "c1", pod, Ports));
        Assert.Contains("host port 8080/tcp is taken by container c2 of network net1 (iptables)", failed.Message, StringComparison.Ordinal);
    }

    private void Attach(string form, string id, string pod)
    {
        if (form is not "upstream-nft")
        {
            Assert.SkipUnless(form is "ours" || Tool.Exists("iptables-restore"), "there is no iptables-restore");
            if (form is "externalSetMarkChain")
                _host.InHost("iptables", "-t", "nat", "-N", "KUBE-MARK-MASQ");
            Runtime(form).Add(Network(form), id, pod, Ports);
            return;
        }

        // What upstream's nft form is on a host: its plugin of a newer release is not in Debian.
        Runtime("debian").Add(Network("bridge alone"), id, pod);
        var address = Sandbox.PodIpJson(pod, "addr show eth0")[0].GetProperty("addr_info")[0].GetProperty("local").GetString();
        _host.InHost("nft", $$"""
            table ip cni_hostport {
                chain hostports {
                    tcp dport 8080 dnat to {{address}}:80 comment "{{id}}"
                    udp dport 8080 dnat to {{address}}:80 comment "{{id}}"
                }
                chain hostip_hostports { }
                chain prerouting { type nat hook prerouting priority dstnat; fib daddr type local jump hostports; }
            }
            """);
    }

    private ChainCall Runtime(string form) => form is "debian" ? new(_host, CniCall.UpstreamBin) : new(_host);

    private string Network(string form)
    {
        var options = form switch
        {
            "iptables" => "\"backend\":\"iptables\",",
            "externalSetMarkChain" => "\"externalSetMarkChain\":\"KUBE-MARK-MASQ\",",
            _ => "",
        };
        var portmap = form is "bridge alone" ? "" : $",{{\"type\":\"portmap\",{options}\"capabilities\":{{\"portMappings\":true}}}}";
        return $$"""
            {"cniVersion":"1.0.0","name":"net1","plugins":[
              {"type":"bridge","bridge":"br0","isGateway":true,{{Conf.HostLocal(_host, "[]", "10.1.0.0/24")}} }{{portmap}}]}
            """;
    }
}
