namespace CniPlugins.Bench;

/// <summary>The plugins of the chains, with what they are told.</summary>
internal static class Configurations
{
    public const string Gateway = ""","isGateway":true""";
    public const string DefaultGateway = ""","isDefaultGateway":true""";
    public const string Masquerade = ""","isGateway":true,"ipMasq":true""";

    public static ChainedPlugin Loopback() => Plugin("loopback", _ => "");

    public static ChainedPlugin Ptp() => Plugin("ptp", site => $",{Ipam(site)}");

    public static ChainedPlugin HostDevice() => Plugin("host-device", site => $$""","device":"{{Host.Device}}",{{Ipam(site)}}""");

    public static ChainedPlugin Bridge(string options = "", string secondRange = "", string knows = "") =>
        Plugin("bridge", site => $$""","bridge":"{{BridgeName(site.Chain)}}"{{options}},{{Ipam(site, secondRange)}}""", knows);

    /// <summary>A bridge whose masquerade is upstream's nftables backend (from 1.7.0 on; ours knows the word and has no other).</summary>
    public static ChainedPlugin NftBridge() => Bridge($"{Masquerade},\"ipMasqBackend\":\"nftables\"", knows: "ipMasqBackend");

    public static ChainedPlugin Portmap(string second = "tcp", string options = "", string knows = "") => Plugin(
        "portmap", site => $$"""{{options}},"capabilities":{"portMappings":true},"runtimeConfig":{"portMappings":[{{Mappings(site, second)}}]}""", knows);

    /// <summary>Upstream's nftables backend (from 1.6.0 on), which is known by its table's name.</summary>
    public static ChainedPlugin NftPortmap() => Portmap(options: ""","backend":"nftables" """, knows: "cni_hostport");

    public static ChainedPlugin Bandwidth() =>
        Plugin("bandwidth", _ => ""","ingressRate":10000000,"ingressBurst":1000000,"egressRate":10000000,"egressBurst":1000000""");

    public static ChainedPlugin HostLocal() => Plugin("host-local", site => $",{Ipam(site)}");

    public static ChainedPlugin CalicoIpam() => Plugin("calico-ipam", site => $$"""
        ,"nodename":"bench","ipam_lock_file":"/run/bench/lock","ipam":{"type":"calico-ipam","dataDir":"{{site.DataDirectory}}/{{site.Chain.NetworkName}}",
        "pools":[{"name":"a","cidr":"10.{{site.Chain.Network}}.0.0/16"}]}
        """);

    public static string BridgeName(Chain chain) => $"cni{chain.Network}";

    private static ChainedPlugin Plugin(string type, Func<Site, string> options, string knows = "") =>
        new(type, site => $$"""{"cniVersion":"1.0.0","name":"{{site.Chain.NetworkName}}","type":"{{type}}"{{options(site)}}}""", knows);

    private static string Ipam(Site site, string secondRange = "") => $$"""
        "ipam":{"type":"host-local","dataDir":"{{site.DataDirectory}}",
        "ranges":[[{"subnet":"10.{{site.Chain.Network}}.0.0/16"}]{{(secondRange.Length == 0 ? "" : $",[{secondRange}]")}}]}
        """;

    private static string Mappings(Site site, string second) => string.Join(',', Enumerable.Range(0, site.Chain.Ports.Count).Select(i =>
        $$"""{"hostPort":{{site.Chain.Ports.Of(site.Pod) + i}},"containerPort":{{(i % 2 == 0 ? 80 : 53)}},"protocol":"{{(i == 1 ? second : "tcp")}}"}"""));
}
