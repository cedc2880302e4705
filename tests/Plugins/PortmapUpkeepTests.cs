using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>GC, STATUS and CHECK of host ports, and what others do to the rules.</summary>
public sealed class PortmapUpkeepTests
{
    private static readonly string[] Chains = ["martians", "prerouting", "output", "hostports", "hairpin", "hostport_masq"];

    [Fact]
    public void GC_takes_what_belongs_to_no_valid_attachment_of_its_network_and_nothing_else()
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        const string Conditions = "\"conditionsV4\":[\"ip saddr != 10.9.0.0/16\"]";
        portmap.Add(PortmapCall.Conf(Port(1)), "stale", host.AddPod());
        portmap.Add(PortmapCall.Conf(Port(2), addresses: "10.200.0.2/16"), "stale", host.AddPod());
        portmap.Add(PortmapCall.Conf(Port(3), Conditions, "10.1.0.2/24"), "stale2", host.AddPod());
        portmap.Add(PortmapCall.Conf(Port(4), Conditions, "10.1.0.2/24"), "valid", host.AddPod());
        portmap.Add(PortmapCall.Conf(Port(5), addresses: "10.1.0.5/24"), "valid", host.AddPod());
        portmap.Add(PortmapCall.Conf(Port(6), addresses: "10.1.0.6/24", network: "n2"), "stale", host.AddPod());
        portmap.Gc(PortmapCall.Without(null), ("valid", "eth0"), ("stale", "eth1"));
        Assert.Equal(
            [
                "hairpin4_any_24: 10.1.0.0 . tcp . 5 of valid", "hairpin4_any_24: 10.1.0.0 . tcp . 6 of stale", "hairpin4_any_8: 127.0.0.0 . tcp . 5 of valid",
                "hairpin4_any_8: 127.0.0.0 . tcp . 6 of stale", "port4_any: tcp . 5 : 10.1.0.5 . 80 of valid", "port4_any: tcp . 6 : 10.1.0.6 . 80 of stale",
            ],
            portmap.Elements());
        var table = portmap.Nft("list", "table", "inet", "cni_plugins");
        Assert.Contains("tcp dport 4 ip saddr", table, StringComparison.Ordinal);
        Assert.DoesNotContain("stale2", table, StringComparison.Ordinal);
        Assert.Equal(1, table.Split("chain hostport_1_").Length - 1);

        portmap.Gc(PortmapCall.Without(null));
        Assert.Equal(["hairpin4_any_24: 10.1.0.0 . tcp . 6 of stale", "hairpin4_any_8: 127.0.0.0 . tcp . 6 of stale", "port4_any: tcp . 6 : 10.1.0.6 . 80 of stale"], portmap.Elements());
    }

    [Fact]
    public void GC_and_DEL_and_STATUS_of_a_host_without_host_ports_make_nothing()
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        portmap.Gc(PortmapCall.Without(null));
        portmap.Del(PortmapCall.Conf(), "c1");
        portmap.Del(PortmapCall.Without(null), "c1");
        Assert.Equal((0, ""), portmap.Run("STATUS", PortmapCall.Without(null)) is var reply ? (reply.ExitCode, reply.Output) : default);
        Assert.Equal("", portmap.Nft("list", "ruleset"));
    }

    public static TheoryData<string> Fixed => [.. Chains];

    [Theory]
    [MemberData(nameof(Fixed))]
    public void A_chain_that_somebody_flushed_is_named_by_CHECK_and_STATUS(string chain)
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        portmap.Add(PortmapCall.Conf(), "c1", host.AddPod());
        Assert.Equal(0, portmap.Run("STATUS", PortmapCall.Without(null)).ExitCode);
        portmap.Nft("flush", "chain", "inet", "cni_plugins", chain);
        Assert.Equal((999, $"missing hostport rules in \"{chain}\" chain"), CniCall.Error(portmap.Run("CHECK", PortmapCall.Conf())) is var check ? (check.Code, check.Message) : default);
        var (code, message, _) = CniCall.Error(portmap.Run("STATUS", PortmapCall.Without(null)));
        Assert.Equal(51, code);
        Assert.StartsWith($"portmap: rule inet cni_plugins {chain} ", message, StringComparison.Ordinal);
        Assert.EndsWith(" is missing", message, StringComparison.Ordinal);

        portmap.Add(PortmapCall.Conf(Port(1)), "c2", host.AddPod());
        Assert.Equal(0, portmap.Run("CHECK", PortmapCall.Conf()).ExitCode);
    }

    [Theory]
    [InlineData("port4_any", "tcp . 8080")]
    [InlineData("port6_any", "tcp . 8080")]
    [InlineData("hairpin4_any_24", "10.1.0.0 . tcp . 8080")]
    [InlineData("hairpin4_any_8", "127.0.0.0 . tcp . 8080")]
    public void An_element_that_is_gone_is_named_by_CHECK(string set, string key)
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        portmap.Add(PortmapCall.Conf(), "c1", host.AddPod());
        portmap.Nft("delete", "element", "inet", "cni_plugins", set, $"{{ {key} }}");
        var (code, message, details) = CniCall.Error(portmap.Run("CHECK", PortmapCall.Conf()));
        Assert.Equal((999, $"missing hostport rules in {set}", $"element inet cni_plugins {set} {{ {key} }}"), (code, message, details));
        portmap.Del(PortmapCall.Conf(), "c1");
    }

    [Fact]
    public void An_emptied_ruleset_is_made_again_by_the_next_ADD()
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        portmap.Add(PortmapCall.Conf(), "c1", host.AddPod());
        var before = portmap.Nft("list", "ruleset");
        portmap.Nft("flush", "ruleset");
        portmap.Add(PortmapCall.Conf(), "c1", host.AddPod());
        Assert.Equal(before, portmap.Nft("list", "ruleset"));
    }

    [Fact]
    public void Flushed_chains_are_filled_again_by_the_next_ADD_for_all_pods()
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        portmap.Add(PortmapCall.Conf(), "c1", host.AddPod());
        portmap.Nft("flush", "table", "inet", "cni_plugins");
        portmap.Add(PortmapCall.Conf(Port(1)), "c2", host.AddPod());
        Assert.Equal(0, portmap.Run("CHECK", PortmapCall.Conf()).ExitCode);
    }

    [Fact]
    public void A_pod_comes_and_goes_among_ten_thousand_mappings()
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        portmap.Add(PortmapCall.Conf(Port(1)), "c0", host.AddPod());
        var file = Path.Combine(host.Directory, "many.nft");
        File.WriteAllText(file, string.Concat(
            Many("port4_any", port => $"tcp . {port} comment \"x\" : 10.1.0.9 . 80"),
            Many("hairpin4_any_24", port => $"10.1.0.0 . tcp . {port} comment \"x\""),
            Many("hairpin4_any_8", port => $"127.0.0.0 . tcp . {port} comment \"x\"")));
        portmap.Nft("-f", file);
        var before = portmap.Elements();
        Assert.True(before.Length > 30_000);
        portmap.Add(PortmapCall.Conf(), "c1", host.AddPod());
        Assert.Equal(before.Length + 5, portmap.Elements().Length);
        Assert.Equal(0, portmap.Run("CHECK", PortmapCall.Conf()).ExitCode);
        portmap.Del(PortmapCall.Conf(), "c1");
        Assert.Equal(before, portmap.Elements());
        portmap.Add(PortmapCall.Conf(), "c1", host.AddPod());
        portmap.Gc(PortmapCall.Without(null), ("c0", "eth0"));
        Assert.Equal(before, portmap.Elements());
    }

    private static string Many(string set, Func<int, string> element) =>
        $"add element inet cni_plugins {set} {{ {string.Join(", ", Enumerable.Range(20_000, 10_000).Select(element))} }}\n";

    private static string Port(int port) => $$"""[{"hostPort":{{port}},"containerPort":80,"protocol":"tcp"}]""";
}
