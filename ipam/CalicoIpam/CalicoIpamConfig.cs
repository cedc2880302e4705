using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>What a network's configuration says to calico-ipam; names and defaults are Calico's, those marked as ours come besides.</summary>
internal sealed record CalicoIpamConfig
{
    /// <summary>This node's name.</summary>
    public required string Node { get; init; }

    /// <summary><c>assign_ipv4</c>: on unless it is false.</summary>
    public required bool AssignsV4 { get; init; }

    /// <summary><c>assign_ipv6</c>: off unless it is true.</summary>
    public required bool AssignsV6 { get; init; }

    /// <summary><c>ipv4_pools</c>, <c>ipv6_pools</c>: names or networks; empty is all pools that select the node.</summary>
    public required IReadOnlyList<string> Pools4 { get; init; }

    /// <inheritdoc cref="Pools4"/>
    public required IReadOnlyList<string> Pools6 { get; init; }

    /// <summary><c>pools</c> (ours): made on first use.</summary>
    public required IReadOnlyList<IpPool> Pools { get; init; }

    /// <summary><c>routes</c> (ours): handed on, as host-local does.</summary>
    public required IReadOnlyList<RouteConfig> Routes { get; init; }

    /// <summary><c>gateway</c> (ours): an address, or one of each family, that is kept from pods and named as their gateway; for a bridge.</summary>
    public required IReadOnlyList<IpAddress> Gateways { get; init; }

    /// <summary><c>statusWhenFull</c> (ours): whether STATUS fails while no pool has a free address.</summary>
    public bool StatusWhenFull { get; init; }

    public static CalicoIpamConfig Read(NetConf conf)
    {
        try
        {
            var root = conf.Root;
            var ipam = root.Object("ipam") ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, "IPAM config missing 'ipam' key");
            return new CalicoIpamConfig
            {
                Node = NodeName.Of(root),
                AssignsV4 = Switch(ipam, "assign_ipv4") != "false",
                AssignsV6 = Switch(ipam, "assign_ipv6") == "true",
                Pools4 = ipam.Strings("ipv4_pools") ?? [],
                Pools6 = ipam.Strings("ipv6_pools") ?? [],
                Pools = [.. (ipam.Objects("pools") ?? []).Select(ReadPool)],
                Routes = RouteOptions.Read(new OptionReader(ipam)),
                Gateways = ReadGateways(ipam),
                StatusWhenFull = ipam.Bool("statusWhenFull") ?? false,
            };
        }
        catch (ConfigException e)
        {
            throw CniException.Because("failed to load netconf", e);
        }
    }

    /// <summary>Calico writes "true" and "false" as texts; a JSON boolean (upstream: a decode error) means the same.</summary>
    private static string Switch(ConfigObject ipam, string key) =>
        ipam.Find(key) is { ValueKind: System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False } ? ipam.Bool(key)!.Value ? "true" : "false" : ipam.String(key) ?? "";

    private static IpPool ReadPool(ConfigObject json) =>
        PoolDraft.Create(json.String("name") ?? "", json.String("cidr") ?? "", json.Int("blockSize"), json.String("nodeSelector")) with { Disabled = json.Bool("disabled") ?? false };

    private static IReadOnlyList<IpAddress> ReadGateways(ConfigObject ipam)
    {
        var texts = ipam.Find("gateway") is { ValueKind: System.Text.Json.JsonValueKind.Array } ? ipam.Strings("gateway")! : ipam.String("gateway") is { Length: > 0 } one ? [one] : [];
        var gateways = texts.Select(text => IpAddress.TryParse(text, out var address) ? address : throw new ConfigException($"gateway: invalid IP address {text}")).ToList();
        return gateways.DistinctBy(address => address.IsV6).Count() == gateways.Count ? gateways
            : throw new CniException(CniErrorCode.InvalidNetworkConfig, "gateway: more than one address of a family");
    }
}
