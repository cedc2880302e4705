using CniPlugins.Cnitool.Validation;

namespace CniPlugins.Tests.Unit;

/// <summary>cnitool validate finds each problem and says where it is.</summary>
public sealed class ValidatorTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cni-validate-").FullName;

    [Theory]
    [InlineData("""{"cniVersion":"1.0.0","plugins":[{"type":"loopback"}]}""", "$: the network has no \"name\"")]
    [InlineData("""{"cniVersion":"1.0.0","name":7,"plugins":[{"type":"loopback"}]}""", "$.name: must be a string")]
    [InlineData("""{"cniVersion":"1.0.0","name":"a/b","plugins":[{"type":"loopback"}]}""", "$.name: invalid network name \"a/b\": a letter or digit, then letters, digits, _ . and -")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n"}""", "$: no plugins: the key \"plugins\" is missing and there are no drop-in files")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","plugins":[]}""", "$.plugins: no plugins in list")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","plugins":{}}""", "$.plugins: must be a list")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","plugins":[7]}""", "$.plugins[0]: must be an object")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","plugins":[{}]}""", "$.plugins[0]: the plugin has no \"type\"")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"../x"}]}""", "$.plugins[0].type: invalid plugin name: ../x")]
    [InlineData("""{"name":"n","plugins":[{"type":"loopback"}]}""", "$: no \"cniVersion\": that means 0.1.0, the oldest")]
    [InlineData("""{"cniVersion":"1.0.7","name":"n","plugins":[{"type":"loopback"}]}""",
        "$.cniVersion: \"1.0.7\" is no version of the specification; known are 0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0")]
    [InlineData("""{"cniVersion":"1.x","name":"n","plugins":[{"type":"loopback"}]}""",
        "$.cniVersion: invalid version: failed to convert minor version part \"x\": strconv.Atoi: parsing \"x\": invalid syntax")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","disableGC":"perhaps","plugins":[{"type":"loopback"}]}""", "$.disableGC: must be true or false")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","plugin":1,"plugins":[{"type":"loopback"}]}""", "$.plugin: unknown key; did you mean \"plugins\"?")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","name":"n","plugins":[{"type":"loopback"}]}""", "$.name: the key is there more than once; the last one counts")]
    public void Problems_of_a_list(string json, string finding) => Assert.Equal([finding], Validate(json));

    [Theory]
    [InlineData("\"hairpinMode\":true,\"promiscMode\":true", ": cannot set hairpin mode and promiscuous mode at the same time")]
    [InlineData("\"vlan\":4095", ".vlan: invalid VLAN ID 4095 (must be between 0 and 4094)")]
    [InlineData("\"vlanTrunk\":[{\"minID\":5}]", ".vlanTrunk[0]: minID and maxID should be configured simultaneously, maxID is missing")]
    [InlineData("\"vlanTrunk\":[{\"minID\":5,\"maxID\":4}]", ".vlanTrunk[0]: minID is greater than maxID in trunk parameter")]
    [InlineData("\"vlanTrunk\":[{\"id\":0}]", ".vlanTrunk[0].id: incorrect trunk id parameter")]
    [InlineData("\"vlanTrunk\":[{}]", ".vlanTrunk[0]: names no VLAN: neither id nor minID and maxID")]
    [InlineData("\"preserveDefaultVlan\":true", ".preserveDefaultVlan: has no effect without vlan or vlanTrunk")]
    [InlineData("\"isGateway\":true", ".isGateway: has no effect without addresses: there is no \"ipam\"")]
    [InlineData("\"forceAddress\":true", ".forceAddress: has no effect without isGateway or isDefaultGateway")]
    [InlineData("\"ipMasqBackend\":\"nft\"", ".ipMasqBackend: has no effect without ipMasq")]
    [InlineData("\"ipMasq\":true,\"ipMasqBackend\":\"nft\",\"ipam\":{\"type\":\"dhcp\"}", ".ipMasqBackend: unknown ipmasq backend \"nft\"; ipMasqBackend is nftables (the default) or iptables")]
    [InlineData("\"mtu\":\"1500\"", ".mtu: must be a whole number")]
    [InlineData("\"mtu\":-1", ".mtu: invalid MTU -1; mtu must not be negative")]
    [InlineData("\"isGatway\":true", ".isGatway: unknown key; did you mean \"isGateway\"?")]
    [InlineData("\"bridge\":\"a-name-that-is-too-long\"", ".bridge: failed to create bridge \"a-name-that-is-too-long\": could not add \"a-name-that-is-too-long\": interface name is too long")]
    [InlineData("\"capabilities\":{\"portMappings\":true}", ".capabilities.portMappings: nothing in this plugin uses the capability \"portMappings\"")]
    [InlineData("\"capabilities\":{\"mac\":1}", ".capabilities.mac: must be true or false")]
    [InlineData("\"dns\":{\"nameservers\":[\"dns.example\"]}", ".dns.nameservers[0]: \"dns.example\" is no IP address; resolvers accept nothing else")]
    [InlineData("\"disableContainerInterface\":true,\"ipam\":{\"type\":\"dhcp\"}", ".disableContainerInterface: cannot use IPAM when DisableContainerInterface flag is set")]
    [InlineData("\"ipam\":{\"subnet\":\"10.0.0.0/8\"}", ".ipam: the section has no \"type\"")]
    [InlineData("\"ISGATEWAY\":false,\"HairpinMode\":true", null)]
    public void Problems_of_a_bridge(string members, string? finding) =>
        Assert.Equal(finding is null ? [] : [$"$.plugins[0]{finding}"], ValidatePlugin($$"""{"type":"bridge",{{members}}}"""));

    [Theory]
    [InlineData("\"ranges\":[[{\"subnet\":\"x\"}]]", ".ranges[0][0].subnet: invalid CIDR address: x")]
    [InlineData("\"ranges\":[[{\"subnet\":\"10.1.0.5/24\"}]]", ".ranges[0][0].subnet: Network has host bits set. For a subnet mask of length 24 the network address is 10.1.0.0")]
    [InlineData("\"ranges\":[[{\"subnet\":\"10.1.0.0/31\"}]]", ".ranges[0][0].subnet: Network 10.1.0.0/31 too small to allocate from")]
    [InlineData("\"ranges\":[[{\"subnet\":\"10.1.0.0/24\",\"gateway\":\"10.2.0.1\"}]]", ".ranges[0][0].gateway: the gateway 10.2.0.1 is outside the subnet 10.1.0.0/24")]
    [InlineData("\"ranges\":[[{\"subnet\":\"10.1.0.0/24\",\"gateway\":\"gw\"}]]", ".ranges[0][0].gateway: invalid IP address: gw")]
    [InlineData("\"ranges\":[[{\"subnet\":\"10.1.0.0/24\",\"rangeStart\":\"10.2.0.1\"}]]", ".ranges[0][0].rangeStart: RangeStart 10.2.0.1 not in network 10.1.0.0/24")]
    [InlineData("\"ranges\":[[{\"subnet\":\"10.1.0.0/24\",\"rangeEnd\":\"10.2.0.1\"}]]", ".ranges[0][0].rangeEnd: RangeEnd 10.2.0.1 not in network 10.1.0.0/24")]
    [InlineData("\"ranges\":[[{\"subnet\":\"10.1.0.0/24\",\"rangeStart\":\"10.1.0.9\",\"rangeEnd\":\"10.1.0.8\"}]]",
        ".ranges[0][0].rangeStart: RangeStart 10.1.0.9 not in network 10.1.0.0/24")]
    [InlineData("\"subnet\":\"10.1.0.0/24\",\"rangeStart\":\"10.1.0.255\"",
        ": no address of 10.1.0.255-10.1.0.254 can be handed out; a gateway and what is not in the range are none")]
    [InlineData("\"subnet\":\"10.1.0.0/24\",\"rangeEnd\":\"10.1.0.1\"",
        ": no address of 10.1.0.1-10.1.0.1 can be handed out; a gateway and what is not in the range are none")]
    [InlineData("\"ranges\":[[]]", ".ranges[0]: empty range set")]
    [InlineData("\"ranges\":[{\"subnet\":\"10.1.0.0/24\"}]", ".ranges: must be a list of lists of objects")]
    [InlineData("\"ranges\":[[{}]]", ".ranges[0][0]: IP <nil> not v4 nor v6; a range needs a subnet")]
    [InlineData("\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"},{\"subnet\":\"fd00::/64\"}]]",
        ".ranges[0][1]: mixed address families")]
    [InlineData("\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"},{\"subnet\":\"10.1.0.0/16\"}]]",
        ".ranges[0]: subnets 10.1.0.1-10.1.0.254 and 10.1.0.1-10.1.255.254 overlap")]
    [InlineData("\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}],[{\"subnet\":\"10.1.0.0/16\"}]]", ".ranges[1]: range set 0 overlaps with 1; $.plugins[0].ipam.ranges[0]")]
    [InlineData("\"subnet\":\"10.1.0.0/24\",\"ranges\":[[{\"subnet\":\"10.1.0.0/16\"}]]", ".ranges[0]: range set 0 overlaps with 1; $.plugins[0].ipam")]
    [InlineData("\"subnet\":\"10.1.0.0/24\",\"rangeStart\":\"10.1.0.5\",\"rangeEnd\":\"10.1.0.9\",\"ranges\":[[{\"subnet\":\"10.1.0.0/24\",\"rangeStart\":\"10.1.0.10\"}]]", null)]
    [InlineData("\"subnet\":\"10.1.0.0/24\",\"routes\":[{}]", ".routes[0]: there is no \"dst\"")]
    [InlineData("\"subnet\":\"10.1.0.0/24\",\"routes\":[{\"dst\":\"10.9.0.1/8\"}]", ".routes[0].dst: has host bits set; the network is 10.0.0.0/8")]
    [InlineData("\"subnet\":\"10.1.0.0/24\",\"routes\":[{\"dst\":\"::/0\",\"gw\":\"10.1.0.1\"}]", ".routes[0].gw: the gateway 10.1.0.1 is of another address family than ::/0, and no pod can have that route")]
    [InlineData("\"subnet\":\"10.1.0.0/24\",\"dataDir\":\"state\"", ".dataDir: a relative path depends on where the runtime was started")]
    [InlineData("\"dataDir\":\"/x\"", ": no IP ranges specified; ipam needs a subnet or ranges")]
    public void Problems_of_host_local(string members, string? finding) =>
        Assert.Equal(finding is null ? [] : [$"$.plugins[0].ipam{finding}"], ValidatePlugin($$$"""{"type":"bridge","ipam":{"type":"host-local",{{{members}}}}}"""));

    [Theory]
    [InlineData("{\"type\":\"ptp\"}", ": ptp needs addresses: there is no \"ipam\" with a \"type\"")]
    [InlineData("{\"type\":\"bridge\",\"ipam\":{\"type\":\"static\",\"addresses\":[{\"address\":\"10.0.0.1\"}]}}",
        ".ipam.addresses[0].address: the 'address' field is expected to be in CIDR notation, got: '10.0.0.1'; an address with prefix length, as 10.1.0.2/24")]
    [InlineData("{\"type\":\"bridge\",\"ipam\":{\"type\":\"static\",\"addresses\":[{\"address\":\"10.0.0.2/24\",\"gateway\":\"10.0.1.1\"}]}}",
        ".ipam.addresses[0].gateway: the gateway 10.0.1.1 is outside the subnet 10.0.0.0/24")]
    [InlineData("{\"type\":\"bridge\",\"ipam\":{\"type\":\"static\",\"addresses\":[{\"address\":\"10.0.0.0/24\"}]}}",
        ".ipam.addresses[0].address: 10.0.0.0/24 is the network's own address, no host's")]
    [InlineData("{\"type\":\"bridge\",\"ipam\":{\"type\":\"static\"}}", ".ipam: no addresses, and no capability \"ips\" through which a runtime could give some")]
    [InlineData("{\"type\":\"bridge\",\"capabilities\":{\"ips\":true},\"ipam\":{\"type\":\"static\"}}", null)]
    [InlineData("{\"type\":\"vlan\",\"vlanId\":9,\"ipam\":{\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]}}", ": \"master\" field is required. It specifies the host interface name to create the VLAN for")]
    [InlineData("{\"type\":\"macvlan\",\"mode\":\"brige\"}", ".mode: unknown macvlan mode: \"brige\"; known are bridge, private, vepa and passthru")]
    [InlineData("{\"type\":\"dummy\"}", ": dummy interface requires an IPAM configuration")]
    [InlineData("{\"type\":\"host-device\"}", ": specify either \"device\", \"hwaddr\", \"kernelpath\" or \"pciBusID\"")]
    [InlineData("{\"type\":\"host-device\",\"capabilities\":{\"deviceID\":true}}", null)]
    [InlineData("{\"type\":\"host-device\",\"pciBusID\":\"../x\"}", ".pciBusID: \"../x\" is no device of a bus")]
    [InlineData("{\"type\":\"flannel\",\"delegate\":{\"type\":\"flannel\"}}", ".delegate.type: 'delegate' must be another plugin than flannel")]
    [InlineData("{\"type\":\"flannel\",\"ipam\":{\"routes\":[{\"dst\":\"10.0.0.0/8\"}]},\"delegate\":{\"isDefaultGateway\":true}}", null)]
    [InlineData("{\"type\":\"portmap\",\"capabilities\":{\"portMappings\":true}}", ": portmap cannot be the first plugin: it works on the result of one before it")]
    public void Problems_of_a_first_plugin(string plugin, string? finding) =>
        Assert.Equal(finding is null ? [] : [$"$.plugins[0]{finding}"], ValidatePlugin(plugin));

    [Theory]
    [InlineData("{\"type\":\"ptp\",\"ipam\":{\"type\":\"dhcp\"}}", ": makes the container's interface, which $.plugins[0] has made already")]
    [InlineData("{\"type\":\"portmap\"}", ": \"capabilities\": {\"portMappings\": true} is missing, so no runtime will give it port mappings")]
    [InlineData("{\"type\":\"portmap\",\"capabilities\":{\"portMappings\":true},\"backend\":\"nft\"}", ".backend: unrecognized backend \"nft\"")]
    [InlineData("{\"type\":\"portmap\",\"capabilities\":{\"portMappings\":true},\"markMasqBit\":32}", ".markMasqBit: MasqMarkBit must be between 0 and 31")]
    [InlineData("{\"type\":\"portmap\",\"capabilities\":{\"portMappings\":true},\"markMasqBit\":3,\"externalSetMarkChain\":\"X\"}",
        ": Cannot specify externalSetMarkChain and markMasqBit")]
    [InlineData("{\"type\":\"bandwidth\",\"ingressRate\":80}", ".ingressRate: if rate is set, burst must also be set; ingressRate 80 bit/s, ingressBurst 0 bits: the burst is how many bits may pass at once, say a tenth of the rate")]
    [InlineData("{\"type\":\"bandwidth\",\"egressBurst\":5}", ".egressBurst: if burst is set, rate must also be set; egressRate 0 bit/s, egressBurst 5 bits")]
    [InlineData("{\"type\":\"bandwidth\",\"egressBurst\":34359738360,\"egressRate\":8}", ".egressBurst: burst cannot be more than 4GB; egressRate 8 bit/s, egressBurst 34359738360 bits; at most 34359738351 bits")]
    [InlineData("{\"type\":\"bandwidth\"}", ": neither rates nor \"capabilities\": {\"bandwidth\": true}: it limits nothing")]
    [InlineData("{\"type\":\"firewall\",\"ingressPolicy\":\"closed\"}", ".ingressPolicy: unknown ingress policy: \"closed\"; known are open, same-bridge and isolated")]
    [InlineData("{\"type\":\"firewall\",\"backend\":\"iptable\"}", ".backend: unknown backend \"iptable\": one is chosen automatically")]
    [InlineData("{\"type\":\"tuning\",\"sysctl\":{\"kernel.x\":\"1\"}}", ".sysctl[\"kernel.x\"]: invalid net sysctl key: \"kernel/x\"; only settings below net. belong to a pod")]
    [InlineData("{\"type\":\"tuning\",\"sysctl\":{\"net.x\":1}}", ".sysctl: must be an object whose members are strings, numbers too")]
    [InlineData("{\"type\":\"tuning\",\"mac\":\"zz\"}", ".mac: invalid args zz for MAC addr: address zz: invalid MAC address; six bytes, as 02:00:00:00:00:01")]
    [InlineData("{\"type\":\"tuning\",\"mac\":\"01:00:00:00:00:01\"}", ".mac: 01:00:00:00:00:01 is the address of a group, which no interface can have")]
    [InlineData("{\"type\":\"tuning\",\"mtu\":-1}", ".mtu: invalid MTU -1; mtu must not be negative; 0 leaves it as it is")]
    [InlineData("{\"type\":\"tuning\",\"txQLen\":-1}", ".txQLen: invalid txQLen -1; a number of packets from 0 to 4294967295")]
    [InlineData("{\"type\":\"vrf\"}", ".vrfname: configuration is expected to have a valid vrf name; it names the VRF's device")]
    public void Problems_of_a_further_plugin(string plugin, string finding) =>
        Assert.Equal([$"$.plugins[1]{finding}"], ValidatePlugin($$"""{"type":"bridge"},{{plugin}}"""));

    [Theory]
    [InlineData("\uFEFF{}", "line 1, column 1: U+FEFF (a byte order mark) has no place in JSON")]
    [InlineData("{\"name\":\u00A0\"n\"}", "line 1, column 9: U+00A0 (a non-breaking space) has no place in JSON")]
    [InlineData("{\"name\":\u201Cn\u201D}", "line 1, column 9: U+201C has no place in JSON")]
    public void A_character_that_does_not_show_is_named(string json, string finding) => Assert.Equal([finding], Validate(json));

    [Theory]
    [InlineData("{\"type\":\"brigde\"}", ".type: no plugin of this suite; did you mean \"bridge\"?")]
    [InlineData("{\"type\":\"cilium-cni\"}", ".type: no plugin of this suite (Cilium's): its options are not checked")]
    [InlineData("{\"type\":\"somebody-elses\"}", ".type: no plugin of this suite, nor one that is known here: its options are not checked")]
    [InlineData("{\"type\":\"bridge\",\"ipam\":{\"type\":\"host-lcoal\"}}", ".ipam.type: no plugin of this suite; did you mean \"host-local\"?")]
    [InlineData("{\"type\":\"bridge\",\"ipam\":{\"type\":\"\"}}", null)]
    [InlineData("{\"type\":\"bridge\",\"ipam\":{\"type\":\"static\",\"addresses\":[[{\"address\":\"10.0.0.2/24\"}]]}}", ".ipam.addresses: must be a list of objects")]
    [InlineData("{\"type\":\"bridge\",\"isGateway\":true,\"ipam\":{\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}],[{\"subnet\":\"10.2.0.0/24\"}]]}}",
        ".ipam: 2 IPv4 range sets are 2 gateways, and the bridge takes one IPv4 address: set forceAddress, or leave isGateway out")]
    [InlineData("{\"type\":\"bridge\",\"isGateway\":true,\"ipam\":{\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}],[{\"subnet\":\"fd00::/64\"}]]}}", null)]
    public void Problems_that_the_field_has_met(string plugin, string? finding) =>
        Assert.Equal(finding is null ? [] : [$"$.plugins[0]{finding}"], ValidatePlugin(plugin));

    [Fact]
    public void What_podman_and_nerdctl_write_for_themselves_is_known_and_nerdctls_way_to_find_ports_too()
    {
        const string Chain = """ "plugins":[{"type":"bridge"},{"type":"portmap","capabilities":{"portMappings":true}}]}""";
        Assert.Empty(Validate("""{"cniVersion":"1.0.0","name":"n","args":{"podman_labels":{"a":"b"}},""" + Chain));
        Assert.StartsWith(
            "$.plugins[1]: nerdctl picks free host ports by what it reads in iptables",
            Assert.Single(Validate("""{"cniVersion":"1.0.0","name":"n","nerdctlID":"1","nerdctlLabels":{},""" + Chain)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_plugins_file_of_the_same_name_is_never_used_by_name()
    {
        File.WriteAllText(Path.Combine(_directory, "00.conf"), """{"cniVersion":"1.0.0","name":"n","type":"loopback"}""");
        Assert.Equal(
            ["$.name: 00.conf has the same network name; by that name runtimes use this file, for it is a list"],
            Validate("""{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"loopback"}]}"""));
    }

    [Fact]
    public void A_plugin_that_does_not_speak_the_networks_version_is_found() => Assert.Equal(
        ["$.plugins[1]: firewall needs cniVersion 0.4.0 or newer, the network has 0.3.1"],
        Validate("""{"cniVersion":"0.3.1","name":"n","plugins":[{"type":"bridge"},{"type":"firewall"}]}"""));

    [Fact]
    public void All_problems_are_reported_not_only_the_first() => Assert.Equal(
        [
            "$: the network has no \"name\"",
            "$.plugins[0].vlan: invalid VLAN ID 5000 (must be between 0 and 4094)",
            "$.plugins[0].ipam.ranges[0][0].subnet: invalid CIDR address: x",
            "$.plugins[0].ipam.ranges[1][0].subnet: Network 10.1.0.0/32 too small to allocate from",
            "$.plugins[1]: the plugin has no \"type\"",
        ],
        Validate("""{"cniVersion":"1.0.0","plugins":[{"type":"bridge","vlan":5000,"ipam":{"type":"host-local","ranges":[[{"subnet":"x"}],[{"subnet":"10.1.0.0/32"}]]}},{}]}"""));

    [Fact]
    public void Plugins_are_looked_for_on_the_path_when_there_is_one()
    {
        File.WriteAllText(Path.Combine(_directory, "bridge"), "");
        Assert.Equal(
            [$"$.plugins[0].ipam.type: failed to find plugin \"dhcp\" in path [{_directory}]", $"$.plugins[1].type: failed to find plugin \"zap\" in path [{_directory}]"],
            Validate("""{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"bridge","ipam":{"type":"dhcp"}},{"type":"zap"}]}""", [_directory]));
    }

    [Fact]
    public void A_syntax_error_has_line_and_column()
    {
        Assert.Equal(["line 3, column 10: '3' is invalid after a property name. Expected a ':'."], Validate("{\n \"a\": 1,\n   \"é ü\" 3\n}"));
        Assert.StartsWith("line 2, column 1: ", Assert.Single(Validate("{\"name\":\"n\"\n")), StringComparison.Ordinal);
        Assert.Equal(["$: must be an object"], Validate("[]"));
    }

    [Fact]
    public void Drop_ins_are_part_of_the_chain()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "n"));
        File.WriteAllText(Path.Combine(_directory, "n", "50-fw.conf"), """{"type":"firewall","ingressPolicy":"x"}""");
        const string Json = """{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"bridge"}]""";
        Assert.Equal(["n/50-fw.conf:$.ingressPolicy: unknown ingress policy: \"x\"; known are open, same-bridge and isolated"], Validate(Json + "}"));
        Assert.Empty(Validate(Json + ",\"loadOnlyInlinedPlugins\":true}"));
    }

    [Fact]
    public void Two_files_with_one_networks_name_are_found()
    {
        File.WriteAllText(Path.Combine(_directory, "00.conflist"), """{"name":"n","plugins":[{"type":"loopback"}]}""");
        Assert.Equal(
            ["$.name: 00.conflist has the same network name; runtimes use the first of them"],
            Validate("""{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"loopback"}]}"""));
    }

    [Fact]
    public void A_list_under_a_single_plugins_name_is_found()
    {
        var file = Path.Combine(_directory, "10.conf");
        File.WriteAllText(file, """{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"loopback"}]}""");
        Assert.StartsWith("a list of plugins must be in a file named *.conflist", Assert.Single(new FileValidator([]).Validate(file)).Message, StringComparison.Ordinal);
        File.WriteAllText(file, """{"cniVersion":"1.0.0","name":"n","type":"bridge","vlan":-1}""");
        Assert.Equal("$.vlan", Assert.Single(new FileValidator([]).Validate(file)).Path);
    }

    [Fact]
    public void The_bridge_that_podman_brings_on_debian_is_clean() => Assert.Empty(Validate("""
        {
          "cniVersion": "0.4.0",
          "name": "podman",
          "plugins": [
            {
              "type": "bridge", "bridge": "cni-podman0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
              "ipam": {
                "type": "host-local",
                "routes": [{ "dst": "0.0.0.0/0" }],
                "ranges": [[{ "subnet": "10.88.0.0/16", "gateway": "10.88.0.1" }]]
              }
            },
            { "type": "portmap", "capabilities": { "portMappings": true } },
            { "type": "firewall" },
            { "type": "tuning" }
          ]
        }
        """));

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private IReadOnlyList<string> ValidatePlugin(string plugins) => Validate($$"""{"cniVersion":"1.0.0","name":"n","plugins":[{{plugins}}]}""");

    private IReadOnlyList<string> Validate(string json, params string[] pluginPath)
    {
        var file = Path.Combine(_directory, "10.conflist");
        File.WriteAllText(file, json);
        return [.. new FileValidator(pluginPath).Validate(file).Select(finding => $"{finding.Path}: {finding.Message}")];
    }
}
