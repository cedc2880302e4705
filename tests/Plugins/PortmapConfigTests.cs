using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>What is wrong with a configuration, in upstream's words and order; nothing is changed then.</summary>
public sealed class PortmapConfigTests
{
    public static TheoryData<string, string, string> Wrong => new()
    {
        { PortmapCall.Tcp8080, "\"backend\":\"pf\"", "unrecognized backend \"pf\"" },
        { PortmapCall.Tcp8080, "\"markMasqBit\":5,\"externalSetMarkChain\":\"KUBE-MARK-MASQ\"", "Cannot specify externalSetMarkChain and markMasqBit" },
        { PortmapCall.Tcp8080, "\"markMasqBit\":32", "MasqMarkBit must be between 0 and 31" },
        { PortmapCall.Tcp8080, "\"markMasqBit\":-1", "MasqMarkBit must be between 0 and 31" },
        {
            PortmapCall.Tcp8080, "\"backend\":\"nftables\",\"conditionsV4\":[\"-s\",\"10.0.0.0/8\"]",
            "nftables backend was requested but configuration contains iptables-specific options [conditionsV4]"
        },
        {
            PortmapCall.Tcp8080, "\"backend\":\"nftables\",\"externalSetMarkChain\":\"X\",\"conditionsV6\":[\"!\",\"-s\",\"fd00::/8\"]",
            "nftables backend was requested but configuration contains iptables-specific options [externalSetMarkChain conditionsV6]"
        },
        {
            PortmapCall.Tcp8080, "\"backend\":\"iptables\",\"conditionsV4\":[\"ip saddr 10.0.0.0/8\"],\"conditionsV6\":[\"iifname x\"]",
            "iptables backend was requested but configuration contains nftables-specific options [conditionsV4 conditionsV6]"
        },
        {
            PortmapCall.Tcp8080, "\"conditionsV4\":[\"-i\",\"x\"],\"conditionsV6\":[\"iifname x\"]",
            "iptables backend was requested but configuration contains nftables-specific options [conditionsV6]"
        },
        { """[{"hostPort":8080,"containerPort":0,"protocol":"tcp"}]""", "", "Invalid container port number: 0" },
        { """[{"hostPort":0,"containerPort":80,"protocol":"tcp"}]""", "", "Invalid host port number: 0" },
        { """[{"hostPort":-1,"containerPort":80,"protocol":"tcp"}]""", "", "Invalid host port number: -1" },
        { """[{"hostPort":65536,"containerPort":80,"protocol":"tcp"}]""", "", "Invalid host port number: 65536" },
        { """[{"hostPort":8080,"containerPort":65536,"protocol":"tcp"}]""", "", "Invalid container port number: 65536" },
        { """[{"hostPort":8080,"containerPort":80,"protocol":"icmp"}]""", "", "Invalid protocol \"icmp\" of host port 8080: it must be tcp, udp or sctp" },
        { """[{"hostPort":8080,"containerPort":80}]""", "", "Invalid protocol \"\" of host port 8080: it must be tcp, udp or sctp" },
        {
            """[{"hostPort":8080,"containerPort":80,"protocol":"tcp","hostIP":"localhost"}]""", "",
            "Invalid hostIP \"localhost\" of host port 8080: not an IP address"
        },
        {
            """[{"hostPort":8080,"containerPort":80,"protocol":"tcp"},{"hostPort":8080,"containerPort":81,"protocol":"TCP"}]""", "",
            "host port 8080/tcp is mapped twice"
        },
        {
            """[{"hostPort":8080,"containerPort":80,"protocol":"tcp","hostIP":"0.0.0.0"},{"hostPort":8080,"containerPort":81,"protocol":"tcp"}]""", "",
            "host port 8080/tcp is mapped twice"
        },
        {
            """[{"hostPort":53,"containerPort":53,"protocol":"udp","hostIP":"::1"},{"hostPort":53,"containerPort":5,"protocol":"udp","hostIP":"::1"}]""", "",
            "host port [::1]:53/udp is mapped twice"
        },
        { "5", "", "failed to parse network configuration: json: cannot unmarshal number into Go struct field .runtimeConfig.portMappings of type []object" },
    };

    /// <summary>podman and nerdctl write such lists: "-p 8080:80 -p [::]:8080:80".</summary>
    [Theory]
    [InlineData("[::]", "", "")]
    [InlineData("", "::", "")]
    [InlineData("0.0.0.0", "", "")]
    [InlineData("0.0.0.0", "::", "")]
    [InlineData("", "", "")]
    [InlineData("::", "::", "0.0.0.0")]
    public void Mappings_that_say_the_same_are_one(string first, string second, string third)
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        var ports = $"[{string.Join(',', new[] { first, second, third }.Select(address =>
            $$"""{"hostPort":8080,"containerPort":80,"protocol":"tcp","hostIP":"{{address.Trim('[', ']')}}"}"""))}]";
        portmap.Add(PortmapCall.Conf(ports), "c1", host.AddPod());
        Assert.Equal(
            ["port4_any: tcp . 8080 : 10.1.0.2 . 80 of c1", "port6_any: tcp . 8080 : fd00:1::2 . 80 of c1"],
            portmap.Elements().Where(element => element.StartsWith("port", StringComparison.Ordinal)));
        Assert.Equal(0, portmap.Run("CHECK", PortmapCall.Conf(ports)).ExitCode);
        portmap.Del(PortmapCall.Conf(ports), "c1");
        Assert.Empty(portmap.Elements());
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_configuration_that_is_wrong_is_refused_before_anything_changes(string ports, string more, string message)
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        var conf = PortmapCall.Conf(ports, more);
        var (code, actual, _) = CniCall.Error(portmap.Run("ADD", conf));
        Assert.Equal((999, $"failed to parse config: {message}"), (code, actual));
        Assert.Equal(message, CniCall.Error(portmap.Run("CHECK", conf)).Message);
        Assert.Equal("", portmap.Nft("list", "ruleset"));
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Nothing_keeps_DEL_from_taking_away_what_was_made_before(string ports, string more, string message)
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        portmap.Add(PortmapCall.Conf("""[{"hostPort":80,"containerPort":80,"protocol":"tcp"}]"""), "c1", host.AddPod());
        Assert.NotEmpty(message);
        var conf = PortmapCall.Conf(ports, more);
        portmap.Del(conf, "c1");
        if (ports == "5" || message.StartsWith("Invalid", StringComparison.Ordinal))
            Assert.Empty(portmap.Elements()); // not all mappings can be read, so whatever is the owner's goes
    }

    [Theory]
    [InlineData("ct state new", "\"ct\"")]
    [InlineData("ip6 saddr fd00::/8", "\"ip6\"")]
    [InlineData("ip saddr fd00::/8", "\"fd00::/8\"")]
    [InlineData("ip saddr { 10.0.0.1, 10.0.0.2 }", "\"{\"")]
    [InlineData("ip saddr", "\"its end\"")]
    [InlineData("ip protocol 6", "\"ip protocol\"")]
    [InlineData("tcp dport 5", "\"tcp dport\"")]
    [InlineData("tcp sport 65536", "\"65536\"")]
    [InlineData("iifname too-long-for-a-link", "\"too-long-for-a-link\"")]
    [InlineData("meta mark x", "\"x\"")]
    public void Conditions_outside_the_known_words_are_refused_by_name_with_code_7(string condition, string named)
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        var (code, message, details) = CniCall.Error(portmap.Run("ADD", PortmapCall.Conf(more: $"\"conditionsV4\":[\"{condition}\"]")));
        Assert.Equal((7, $"conditionsV4: {named} is not understood"), (code, message));
        Assert.Contains("iifname", details, StringComparison.Ordinal);
        Assert.Equal("", portmap.Nft("list", "ruleset"));
    }

    [Fact]
    public void ADD_and_CHECK_need_a_previous_result_and_DEL_does_not()
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        var conf = PortmapCall.Without(PortmapCall.Tcp8080);
        Assert.Equal((999, "must be called as chained plugin"), CniCall.Error(portmap.Run("ADD", conf)) is var add ? (add.Code, add.Message) : default);
        Assert.Equal((999, "Required prevResult missing"), CniCall.Error(portmap.Run("CHECK", conf)) is var check ? (check.Code, check.Message) : default);
        portmap.Del(conf, "c1");
        var broken = conf[..^1] + ",\"prevResult\":{\"cniVersion\":\"0.2.0\"}}";
        Assert.StartsWith("failed to parse config: could not parse prevResult: ", CniCall.Error(portmap.Run("ADD", broken)).Message, StringComparison.Ordinal);
        portmap.Del(broken, "c1");
    }

    [Theory]
    [InlineData("0.4.0")]
    [InlineData("1.0.0")]
    [InlineData("1.1.0")]
    public void The_result_is_the_one_it_was_given(string version)
    {
        using var host = new Sandbox();
        var portmap = new PortmapCall(host);
        var conf = PortmapCall.Conf(version: version);
        if (version == "0.4.0")
            conf = conf.Replace("\"address\":\"10", "\"version\":\"4\",\"address\":\"10", StringComparison.Ordinal).Replace("\"address\":\"fd", "\"version\":\"6\",\"address\":\"fd", StringComparison.Ordinal);
        var given = System.Text.Json.Nodes.JsonNode.Parse(conf)!["prevResult"]!;
        var reply = portmap.Run("ADD", conf, pod: host.AddPod());
        Assert.True(reply.ExitCode == 0, reply.Output);
        var result = System.Text.Json.Nodes.JsonNode.Parse(reply.Output)!;
        _ = result.AsObject().Remove("dns");
        Assert.True(System.Text.Json.Nodes.JsonNode.DeepEquals(given, result), reply.Output);
    }
}
