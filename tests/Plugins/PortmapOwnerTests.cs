using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>Whose a port is: a living pod keeps it, a dead one's is taken over, and DEL takes only its own.</summary>
public sealed class PortmapOwnerTests
{
    private static readonly string First = PortmapCall.Conf();
    private static readonly string Second = PortmapCall.Conf(addresses: "10.1.0.3/24 fd00:1::3/64", network: "n2");

    private static readonly string[] ElementsOfSecond =
    [
        "hairpin4_any_24: 10.1.0.0 . tcp . 8080 of c2", "hairpin4_any_8: 127.0.0.0 . tcp . 8080 of c2", "hairpin6_any_64: fd00:1:: . tcp . 8080 of c2",
        "port4_any: tcp . 8080 : 10.1.0.3 . 80 of c2", "port6_any: tcp . 8080 : fd00:1::3 . 80 of c2",
    ];

    [Fact]
    public void A_port_of_a_living_pod_is_refused_by_name_before_anything_changes()
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        var pod = host.AddPod();
        portmap.Add(First, "c1", pod);
        var before = portmap.Nft("list", "ruleset");
        var wanted = PortmapCall.Conf(
            """[{"hostPort":9090,"containerPort":90,"protocol":"tcp"},{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]""", addresses: "10.1.0.3/24", network: "n2");
        var (code, message, _) = CniCall.Error(portmap.Run("ADD", wanted, "c2", host.AddPod()));
        Assert.Equal((999, $"host port 8080/tcp is taken by container c1 of network n1 (netns {pod})"), (code, message));
        Assert.Equal(before, portmap.Nft("list", "ruleset"));
    }

    [Fact]
    public void A_port_of_one_address_is_named_with_it_and_another_address_is_free()
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        const string Ports = """[{"hostPort":8080,"containerPort":80,"protocol":"tcp","hostIP":"192.0.2.1"}]""";
        portmap.Add(PortmapCall.Conf(Ports), "c1", host.AddPod());
        Assert.StartsWith(
            "host port 192.0.2.1:8080/tcp is taken by container c1",
            CniCall.Error(portmap.Run("ADD", PortmapCall.Conf(Ports), "c2", host.AddPod())).Message,
            StringComparison.Ordinal);
        portmap.Add(PortmapCall.Conf(Ports.Replace("192.0.2.1", "192.0.2.2", StringComparison.Ordinal)), "c3", host.AddPod());
        portmap.Add(Second, "c4", host.AddPod());
    }

    [Fact]
    public void The_same_attachment_may_come_again_with_another_address()
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        portmap.Add(First, "c1", host.AddPod());
        portmap.Add(PortmapCall.Conf(more: "\"snat\":false", addresses: "10.7.0.9/16"), "c1", host.AddPod());
        Assert.Equal(["port4_any: tcp . 8080 : 10.7.0.9 . 80 of c1"], portmap.Elements().Where(e => e.StartsWith("port", StringComparison.Ordinal)));
        portmap.Del(First, "c1");
        Assert.Empty(portmap.Elements());
    }

    [Theory]
    [InlineData("10.1.0.2/24 fd00:1::2/64", "")]
    [InlineData("10.200.0.2/16 fd00:9::2/96", "")]
    [InlineData("10.1.0.2/24 fd00:1::2/64", "\"masqAll\":true")]
    public void A_port_of_a_dead_pod_is_taken_over_and_its_late_DEL_takes_nothing(string addresses, string more)
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        var pod = host.AddPod();
        var dead = PortmapCall.Conf(more: more, addresses: addresses);
        portmap.Add(dead, "c1", pod);
        host.RemovePod(pod);
        portmap.Add(Second, "c2", host.AddPod());
        Assert.Equal(ElementsOfSecond, portmap.Elements());
        portmap.Del(dead, "c1");
        portmap.Del(PortmapCall.Without(null), "c1");
        Assert.Equal(ElementsOfSecond, portmap.Elements());
        portmap.Del(Second, "c2");
        Assert.Empty(portmap.Elements());
    }

    [Theory]
    [InlineData("hostIP", "")]
    [InlineData("", "\"conditionsV4\":[\"ip saddr 10.0.0.0/8\"],\"conditionsV6\":[\"meta mark 5\"]")]
    public void What_of_a_dead_pod_would_come_first_goes_and_a_living_ones_stays(string hostIp, string more)
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        var (dead, living) = (host.AddPod(), host.AddPod());
        string Ports(int port, int address) => hostIp.Length == 0
            ? $$"""[{"hostPort":{{port}},"containerPort":80,"protocol":"tcp"}]"""
            : string.Join(',', $$"""[{"hostPort":{{port}},"containerPort":80,"protocol":"tcp","hostIP":"192.0.2.{{address}}"}""", $$"""{"hostPort":{{port}},"containerPort":80,"protocol":"tcp","hostIP":"fd00:5::{{address}}"}]""");
        portmap.Add(PortmapCall.Conf(Ports(8080, 1), more), "dead", dead);
        portmap.Add(PortmapCall.Conf(Ports(9090, 1), more), "dead", dead);
        portmap.Add(PortmapCall.Conf(Ports(8080, 2), more, "10.1.0.4/24 fd00:1::4/64"), "living", living);
        host.RemovePod(dead);
        portmap.Add(Second, "c2", host.AddPod());
        Assert.DoesNotContain(Of(portmap, "dead"), line => line.Contains("8080", StringComparison.Ordinal));
        Assert.NotEmpty(Of(portmap, "dead")); // at a port that nobody wants
        Assert.Contains(Of(portmap, "living"), line => line.Contains("8080", StringComparison.Ordinal));
        Assert.Empty(ElementsOfSecond.Except(portmap.Elements()));
        portmap.Del(Second, "c2");
        portmap.Del(PortmapCall.Without(null), "dead");
        portmap.Del(PortmapCall.Without(null), "living");
        Assert.Empty(portmap.Elements());
        Assert.DoesNotContain("id: ", portmap.Nft("list", "ruleset"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_mount_leaves_behind_is_a_dead_pod_too()
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        var pod = host.AddPod();
        portmap.Add(First, "c1", pod);
        Tool.Run("umount", pod);
        Assert.True(File.Exists(pod));
        portmap.Add(Second, "c2", host.AddPod());
        Assert.Equal(ElementsOfSecond, portmap.Elements());
    }

    [Fact]
    public void An_owner_that_does_not_say_where_it_lives_lives()
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        portmap.Add(First, "c1", host.AddPod());
        portmap.Nft("delete", "element", "inet", "cni_plugins", "port4_any", "{ tcp . 8080 }");
        portmap.Nft("add", "element", "inet", "cni_plugins", "port4_any", "{ tcp . 8080 comment \"by hand\" : 10.1.0.9 . 9 }");
        Assert.Equal("host port 8080/tcp is taken by \"by hand\"", CniCall.Error(portmap.Run("ADD", Second, "c2", host.AddPod())).Message);
        portmap.Del(First, "c1");
        Assert.Equal(["port4_any: tcp . 8080 : 10.1.0.9 . 9 of hand"], portmap.Elements().Where(e => e.StartsWith("port", StringComparison.Ordinal)));
    }

    [Fact]
    public void DEL_of_a_runtime_that_forgot_everything_finds_its_elements_by_their_owner()
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        portmap.Add(First, "c1", host.AddPod());
        portmap.Add(PortmapCall.Conf("""[{"hostPort":9090,"containerPort":90,"protocol":"udp","hostIP":"192.0.2.1"}]"""), "c1", host.AddPod());
        portmap.Add(PortmapCall.Conf("""[{"hostPort":9091,"containerPort":90,"protocol":"udp"}]""", addresses: "10.1.0.4/24"), "c2", host.AddPod());
        portmap.Del(PortmapCall.Without(null), "c1");
        Assert.Equal(
            ["hairpin4_any_24: 10.1.0.0 . udp . 9091 of c2", "hairpin4_any_8: 127.0.0.0 . udp . 9091 of c2", "port4_any: udp . 9091 : 10.1.0.4 . 90 of c2"],
            portmap.Elements());
        portmap.Del(PortmapCall.Without("[]"), "c2"); // that is what it was told: no ports
        Assert.Equal(3, portmap.Elements().Length);
        portmap.Del(PortmapCall.Without("""[{"hostPort":9091,"containerPort":90,"protocol":"udp"}]"""), "c2");
        Assert.Empty(portmap.Elements());
    }

    /// <summary>A container's elements and rules.</summary>
    private static IEnumerable<string> Of(PortmapCall portmap, string container) =>
        portmap.Elements().Concat(portmap.Nft("list", "chain", "inet", "cni_plugins", "hostport_conditions").Split('\n'))
            .Where(line => line.EndsWith($" of {container}", StringComparison.Ordinal) || line.Contains($"id: {container}", StringComparison.Ordinal));
}
