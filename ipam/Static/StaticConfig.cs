using CniPlugins.Cni;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Static;

/// <summary>The addresses that somebody has written down, in the order in which they are given, and what goes with them.</summary>
internal sealed record StaticConfig
{
    /// <summary><c>addresses</c>, then what CNI_ARGS adds; or what <c>args.cni.ips</c> or the runtime's <c>ips</c> say in their place.</summary>
    public required IReadOnlyList<IpConfig> Addresses { get; init; }

    /// <summary><c>routes</c>: handed on as they are.</summary>
    public required IReadOnlyList<RouteConfig> Routes { get; init; }

    /// <summary><c>dns</c> of the ipam section; that of the network is not this plugin's.</summary>
    public required Dns Dns { get; init; }

    /// <summary>Decodes in upstream's order and words (static.md); throws code 999.</summary>
    public static StaticConfig Read(Request request)
    {
        var conf = request.Conf;
        var ipam = conf.Root.Object("ipam") ?? throw new CniException("IPAM config missing 'ipam' key");
        var written = ipam.Objects("addresses")?.Select(entry => (Text: entry.String("address") ?? "", Gateway: entry.Address("gateway"))).ToList() ?? [];
        var (routes, dns) = (ResultReader.ReadRoutes(ipam), ipam.Object("dns") is { } names ? ResultReader.ReadDns(names) : Dns.None);

        var added = FromArgs(request.Environment.Args);
        var wished = FromWishes(conf.CniArgs);
        var given = FromWishes(conf.RuntimeConfig);
        var addresses = given.Count > 0 ? given : wished.Count > 0 ? wished
            : [.. written.Select(entry => new IpConfig(Parse(entry.Text, "the 'address' field is expected to be in CIDR notation"), entry.Gateway)), .. added];
        var v6 = addresses.Count(ip => ip.Address.Address.IsV6);
        return Math.Max(v6, addresses.Count - v6) > 1 && conf.Version < CniVersion.V030
            ? throw new CniException($"CNI version {conf.VersionText} does not support more than 1 address per family")
            : new StaticConfig { Addresses = addresses, Routes = routes, Dns = dns };
    }

    /// <summary>IP and GATEWAY of CNI_ARGS, lists with commas; a gateway goes with every address of these whose network it is in, the last one counts.</summary>
    private static IReadOnlyList<IpConfig> FromArgs(string text)
    {
        var args = CniArgs.Parse(text, "IP", "GATEWAY");
        IReadOnlyList<IpConfig> addresses = [.. Split(args["IP"]).Select(item => new IpConfig(Parse(item, "the 'ip' field is expected to be in CIDR notation")))];
        foreach (var item in Split(args["GATEWAY"]))
        {
            if (!IpAddress.TryParse(item, out var gateway))
                throw new CniException($"invalid gateway address: {item}");
            addresses = [.. addresses.Select(ip => ip.Address.Contains(gateway) ? ip with { Gateway = gateway } : ip)];
        }

        return addresses;
    }

    private static IReadOnlyList<IpConfig> FromWishes(ConfigObject? holder) =>
        [.. holder?.Strings("ips")?.Select(item => new IpConfig(Parse(item, "an entry in the 'ips' field is NOT in CIDR notation"))) ?? []];

    private static IEnumerable<string> Split(string? list) => string.IsNullOrEmpty(list) ? [] : list.Split(',').Select(item => item.Trim());

    private static Cidr Parse(string text, string complaint) =>
        Cidr.TryParse(text, out var cidr) ? cidr : throw new CniException($"{complaint}, got: '{text}'", "an address with prefix length, as 10.1.0.2/24");
}
