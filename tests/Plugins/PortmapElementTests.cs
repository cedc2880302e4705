using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>Which elements stand for which mappings, as nft lists them.</summary>
public sealed class PortmapElementTests
{
    public static TheoryData<string, string, string, string[]> Mappings => new()
    {
        {
            """[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]""", "", "10.1.0.2/24 fd00:1::2/64",
            [
                "hairpin4_any_24: 10.1.0.0 . tcp . 8080 of c1", "hairpin4_any_8: 127.0.0.0 . tcp . 8080 of c1", "hairpin6_any_64: fd00:1:: . tcp . 8080 of c1",
                "port4_any: tcp . 8080 : 10.1.0.2 . 80 of c1", "port6_any: tcp . 8080 : fd00:1::2 . 80 of c1",
            ]
        },
        {
            """[{"hostPort":53,"containerPort":5353,"protocol":"UDP","hostIP":"192.0.2.1"},{"hostPort":9,"containerPort":9,"protocol":"sctp","hostIP":"2001:db8::1"}]""",
            "", "10.1.0.2/16 fd00:1::2/128",
            [
                "hairpin4_16: 10.1.0.0 . 192.0.2.1 . udp . 53 of c1", "hairpin4_8: 127.0.0.0 . 192.0.2.1 . udp . 53 of c1",
                "hairpin6_128: fd00:1::2 . 2001:db8::1 . sctp . 9 of c1",
                "port4: 192.0.2.1 . udp . 53 : 10.1.0.2 . 5353 of c1", "port6: 2001:db8::1 . sctp . 9 : fd00:1::2 . 9 of c1",
            ]
        },
        {
            """[{"hostPort":80,"containerPort":80,"protocol":"tcp","hostIP":"0.0.0.0"},{"hostPort":80,"containerPort":81,"protocol":"tcp","hostIP":"::"}]""",
            "\"snat\":false", "10.1.0.2/24 fd00:1::2/64",
            ["port4_any: tcp . 80 : 10.1.0.2 . 80 of c1", "port6_any: tcp . 80 : fd00:1::2 . 81 of c1"]
        },
        {
            PortmapCall.Tcp8080, "\"masqAll\":true", "10.1.0.2/24 fd00:1::2/64",
            [
                "hairpin4_any_0: 0.0.0.0 . tcp . 8080 of c1", "hairpin6_any_0: :: . tcp . 8080 of c1",
                "port4_any: tcp . 8080 : 10.1.0.2 . 80 of c1", "port6_any: tcp . 8080 : fd00:1::2 . 80 of c1",
            ]
        },
        { """[{"hostPort":80,"containerPort":80,"protocol":"tcp","hostIP":"::"}]""", "", "10.1.0.2/24", [] },
        {
            """[{"hostPort":80,"containerPort":80,"protocol":"tcp","hostIP":"127.0.0.1"},{"hostPort":80,"containerPort":81,"protocol":"tcp"}]""", "\"snat\":false",
            "10.1.0.2/24 10.9.0.2/24",
            ["port4: 127.0.0.1 . tcp . 80 : 10.1.0.2 . 80 of c1", "port4_any: tcp . 80 : 10.1.0.2 . 81 of c1"]
        },
    };

    [Theory]
    [MemberData(nameof(Mappings))]
    public void A_mapping_is_these_elements_and_DEL_removes_them(string ports, string more, string addresses, string[] elements)
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        var conf = PortmapCall.Conf(ports, more, addresses);
        portmap.Add(conf, "c1", host.AddPod());
        Assert.Equal(elements, portmap.Elements());
        Assert.Equal((0, ""), portmap.Run("CHECK", conf) is var reply ? (reply.ExitCode, reply.Output) : default);
        portmap.Del(conf, "c1");
        Assert.Empty(portmap.Elements());
        portmap.Del(conf, "c1");
    }

    [Fact]
    public void Addresses_of_other_interfaces_and_of_the_host_are_passed_over()
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        var conf = PortmapCall.Without(PortmapCall.Tcp8080, "\"snat\":false")[..^1] + """
            ,"prevResult":{"cniVersion":"1.1.0","interfaces":[{"name":"br0"},{"name":"net1","sandbox":"/x"},{"name":"eth0","sandbox":"/x"}],
            "ips":[{"address":"10.5.0.1/24","interface":0},{"address":"10.6.0.2/24","interface":1},{"address":"10.1.0.2/24","interface":2},{"address":"10.7.0.2/24"}]}}
            """;
        portmap.Add(conf, "c1", host.AddPod());
        Assert.Equal(["port4_any: tcp . 8080 : 10.1.0.2 . 80 of c1"], portmap.Elements());
    }

    [Fact]
    public void Localhost_is_opened_on_the_device_towards_the_pod_and_only_when_clients_are_hidden()
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        portmap.Add(PortmapCall.Conf(more: "\"snat\":false"), "c1", host.AddPod());
        Assert.Equal("0\n", RouteLocalnet(host));
        portmap.Add(PortmapCall.Conf(), "c1", host.AddPod());
        Assert.Equal("1\n", RouteLocalnet(host));
    }

    [Fact]
    public void A_mapping_with_conditions_is_a_chain_of_its_own_asked_before_the_maps()
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        const string Conditions = "\"conditionsV4\":[\"ip saddr != 10.9.0.0/16\",\"iifname\",\"eth9\"],\"conditionsV6\":[\"meta mark == 0x5 th sport 5\"]";
        var conf = PortmapCall.Conf("""[{"hostPort":8080,"containerPort":80,"protocol":"tcp"},{"hostPort":53,"containerPort":54,"protocol":"udp","hostIP":"192.0.2.1"}]""", Conditions);
        portmap.Add(conf, "c1", host.AddPod());
        portmap.Add(conf, "c1", host.AddPod());
        Assert.Empty(portmap.Elements());
        const string Owner = "43d91f8451058a70";
        var rules = portmap.Nft("list", "chain", "inet", "cni_plugins", "hostport_conditions").Split('\n').Select(line => line.Trim().Split(Owner)[0]).ToArray();
        Assert.Equal(
            [
                "tcp dport 8080 ip saddr != 10.9.0.0/16 iifname \"eth9\" jump hostport_1_",
                "ip daddr 192.0.2.1 udp dport 53 ip saddr != 10.9.0.0/16 iifname \"eth9\" jump hostport_2_",
                "tcp dport 8080 meta mark 0x00000005 tcp sport 5 jump hostport_3_",
            ],
            rules.Where(rule => rule.Contains("jump", StringComparison.Ordinal)));
        var table = portmap.Nft("list", "table", "inet", "cni_plugins");
        foreach (var line in new[] { "ip saddr 10.1.0.0/24 meta mark set", "ip saddr 127.0.0.0/8 meta mark set", "dnat ip to 10.1.0.2:54", "dnat ip6 to [fd00:1::2]:80" })
            Assert.Contains(line, table, StringComparison.Ordinal);

        Assert.Equal(0, portmap.Run("CHECK", conf).ExitCode);
        portmap.Del(PortmapCall.Conf(), "c1"); // the conditions may have gone from the configuration meanwhile
        Assert.DoesNotContain(Owner, portmap.Nft("list", "table", "inet", "cni_plugins"), StringComparison.Ordinal);
        Assert.NotEqual(0, portmap.Run("CHECK", conf).ExitCode);
    }

    private static string RouteLocalnet(Sandbox host)
    {
        using var netns = host.OpenHost();
        return netns.Run(() => File.ReadAllText("/proc/sys/net/ipv4/conf/br0/route_localnet"));
    }
}
