using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Static;

/// <summary>The addresses that somebody has written down, in the order in which they are given, and what goes with them.</summary>
internal sealed class StaticConfig(OptionReader ipam)
{
    private readonly IReadOnlyList<WrittenAddress> _written =
        ipam.List("addresses", "The pod's addresses.", entry => new WrittenAddress(entry)) ?? [];

    /// <summary>Handed on as they are.</summary>
    public IReadOnlyList<RouteConfig> Routes { get; } = RouteOptions.Read(ipam);

    /// <summary>That of the ipam section; that of the network is not this plugin's.</summary>
    public Dns Dns { get; } = DnsOptions.Read(ipam);

    /// <summary><c>addresses</c>, then what CNI_ARGS adds; or what <c>args.cni.ips</c> or the runtime's <c>ips</c> say in their place.</summary>
    public IReadOnlyList<IpConfig> Addresses { get; private set; } = [];

    /// <summary>Decodes in upstream's order and words; throws code 999.</summary>
    public static StaticConfig Read(OptionReader options)
    {
        if (!options.Has("ipam"))
            options.Refuse("", "IPAM config missing 'ipam' key");
        var config = new StaticConfig(options.Section("ipam"));
        config.Choose(options);
        return config;
    }

    /// <summary>Which of the places that name addresses counts.</summary>
    private void Choose(OptionReader options)
    {
        var added = FromArgs(options.Args);
        var wished = FromWishes(options.Section("args").Section("cni"), "Addresses in the place of `ipam.addresses`.");
        var given = FromWishes(options.Section("runtimeConfig"), "Addresses in the place of `ipam.addresses` and `args.cni.ips`.");
        var written = given.Count > 0 || wished.Count > 0 ? [] : _written.Select(entry => entry.Parse()).OfType<IpConfig>();
        Addresses = given.Count > 0 ? given : wished.Count > 0 ? wished : [.. written, .. added];
        var v6 = Addresses.Count(ip => ip.Address.Address.IsV6);
        if (Math.Max(v6, Addresses.Count - v6) > 1 && options.Version < CniVersion.V030)
            options.Refuse("", $"CNI version {options.Version} does not support more than 1 address per family");
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

    private static IReadOnlyList<IpConfig> FromWishes(OptionReader holder, string about) =>
        [.. holder.Texts("ips", about).Select(item => new IpConfig(Parse(item, "an entry in the 'ips' field is NOT in CIDR notation")))];

    private static IEnumerable<string> Split(string? list) => string.IsNullOrEmpty(list) ? [] : list.Split(',').Select(item => item.Trim());

    private static Cidr Parse(string text, string complaint) =>
        Cidr.TryParse(text, out var cidr) ? cidr : throw new CniException($"{complaint}, got: '{text}'", WrittenAddress.Example);
}
