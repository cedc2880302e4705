using System.Text.Json;
using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Calico;

/// <summary>What a pod's annotations ask for, or its namespace's where both may ask.</summary>
internal sealed record PodWishes
{
    private const string Prefix = "cni.projectcalico.org/";

    public static PodWishes None { get; } = new();

    /// <summary><c>ipv4pools</c>, <c>ipv6pools</c>: take the place of the configuration's; null says nothing.</summary>
    public IReadOnlyList<string>? Pools4 { get; init; }

    /// <inheritdoc cref="Pools4"/>
    public IReadOnlyList<string>? Pools6 { get; init; }

    /// <summary><c>ipFamilies</c>: which addresses it wants; null says nothing.</summary>
    public (bool V4, bool V6)? Families { get; init; }

    /// <summary><c>ipAddrs</c>: these addresses, out of pools; empty asks for none in particular.</summary>
    public IReadOnlyList<IpAddress> Addresses { get; init; } = [];

    /// <summary><c>ipAddrsNoIpam</c>: these addresses, whoever has them.</summary>
    public IReadOnlyList<IpAddress> AddressesWithoutIpam { get; init; } = [];

    /// <summary><c>hwAddr</c>.</summary>
    public MacAddress? Mac { get; init; }

    /// <summary><c>floatingIPs</c>: others' addresses that lead to the pod.</summary>
    public IReadOnlyList<IpAddress> FloatingIps { get; init; } = [];

    /// <summary><c>allowedSourcePrefixes</c>: what it may send as, beside its own addresses.</summary>
    public IReadOnlyList<Cidr> AllowedSources { get; init; } = [];

    /// <summary>Reads the annotations; throws code 999, before anything is made.</summary>
    public static PodWishes Of(ClusterPod pod, ClusterNamespace? space, CalicoConfig config, string ipamType)
    {
        string? Own(string name) => pod.Annotations.TryGetValue(Prefix + name, out var text) ? text : null;
        string? OwnOrShared(string name) => Own(name) ?? (space is not null && space.Annotations.TryGetValue(Prefix + name, out var text) ? text : null);
        var wishes = new PodWishes
        {
            Mac = Own("hwAddr") is { Length: > 0 } mac ? ReadMac(mac) : null,
            FloatingIps = Own("floatingIPs") is { } floating ? ReadFloating(floating, config) : [],
            AllowedSources = [.. Texts("allowedSourcePrefixes", Own("allowedSourcePrefixes") ?? "[]").Select(ReadPrefix)],
        };
        if (ipamType == "calico-ipam")
        {
            wishes = wishes with
            {
                Pools4 = OwnOrShared("ipv4pools") is { } pools4 ? Texts("ipv4pools", pools4) : null,
                Pools6 = OwnOrShared("ipv6pools") is { } pools6 ? Texts("ipv6pools", pools6) : null,
                Families = OwnOrShared("ipFamilies") is { } families ? ReadFamilies(families) : null,
            };
        }

        return wishes.WithAddresses(Own("ipAddrs"), Own("ipAddrsNoIpam"), config, ipamType);
    }

    private PodWishes WithAddresses(string? addresses, string? withoutIpam, CalicoConfig config, string ipamType)
    {
        if (addresses is not null && withoutIpam is not null)
            throw new CniException("can't have both annotations: 'ipAddrs' and 'ipAddrsNoIpam' in use at the same time");
        if (withoutIpam is not null && !config.AllowsAddressesWithoutIpam)
            throw new CniException("requested feature is not enabled: ip_addrs_no_ipam", "set feature_control.ip_addrs_no_ipam in the network's configuration");
        if ((addresses ?? withoutIpam) is not null && ipamType != "calico-ipam")
            throw new CniException($"{(addresses is null ? "ipAddrsNoIpam" : "ipAddrs")} is not compatible with configured IPAM: {ipamType}");
        return this with
        {
            Addresses = addresses is null ? [] : ReadAddresses("ipAddrs", addresses),
            AddressesWithoutIpam = withoutIpam is null ? [] : ReadAddresses("ipAddrsNoIpam", withoutIpam),
        };
    }

    private static IReadOnlyList<IpAddress> ReadAddresses(string name, string json)
    {
        var texts = Texts(name, json, $"failed to parse IPs {json} for annotation \"{Prefix}{name}\"");
        if (texts.Count == 0)
            throw new CniException($"annotation \"{Prefix}{name}\" specified but empty");
        var addresses = texts.Select(text => IpAddress.TryParse(text, out var address) ? address : throw new CniException($"invalid IP format: {text}")).ToList();
        foreach (var isV6 in (ReadOnlySpan<bool>)[false, true])
        {
            if (addresses.Count(address => address.IsV6 == isV6) > 1)
                throw new CniException($"cannot have more than one IPv{(isV6 ? 6 : 4)} address for \"{Prefix}{name}\" annotation");
        }

        return addresses;
    }

    private static IReadOnlyList<IpAddress> ReadFloating(string json, CalicoConfig config)
    {
        var texts = Texts("floatingIPs", json);
        if (texts.Count > 0 && !config.AllowsFloatingIps)
            throw new CniException("requested feature is not enabled: floating_ips", "set feature_control.floating_ips in the network's configuration");
        return [.. texts.Select(text => IpAddress.TryParse(text, out var address) ? address : throw new CniException($"{Prefix}floatingIPs: invalid IP format: {text}"))];
    }

    private static (bool V4, bool V6) ReadFamilies(string json)
    {
        var families = Texts("ipFamilies", json);
        if (families.FirstOrDefault(family => family is not ("IPv4" or "IPv6")) is { } other)
            throw new CniException($"error parsing ipFamilies: {other}", "known are IPv4 and IPv6");
        return (families.Contains("IPv4"), families.Contains("IPv6"));
    }

    private static MacAddress ReadMac(string text) => MacAddress.TryParse(text, out var mac) && !mac.IsGroup ? mac
        : throw new CniException($"failed to parse MAC address {text} provided via {Prefix}hwAddr");

    private static Cidr ReadPrefix(string text) => Cidr.TryParse(text, out var cidr) ? cidr.Network
        : throw new CniException($"{Prefix}allowedSourcePrefixes: invalid CIDR address: {text}");

    /// <summary>An annotation's value: a JSON array of texts.</summary>
    private static List<string> Texts(string name, string json, string? failure = null)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return [.. document.RootElement.EnumerateArray().Select(element => element.GetString() ?? "")];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CniException(failure ?? $"{Prefix}{name}: {json} is not a JSON array of texts", "for example [\"10.0.0.1\"]");
        }
    }
}
