using CniPlugins.Cni.Options;

namespace CniPlugins.Cni;

/// <summary>Reads results of every version of the specification into the newest shape (CNI specification, section 5).</summary>
internal static class ResultReader
{
    private static readonly string[] Oldest = ["0.1.0", "0.2.0"];
    private static readonly string[] Middle = ["0.3.0", "0.3.1", "0.4.0"];
    private static readonly string[] Newest = ["1.0.0", "1.1.0"];

    /// <summary>The versions whose results have the same shape as this one's; none for an unknown version.</summary>
    public static IReadOnlyList<string> FamilyOf(string version) => version switch
    {
        "" or "0.1.0" or "0.2.0" => Oldest,
        "0.3.0" or "0.3.1" or "0.4.0" => Middle,
        "1.0.0" or "1.1.0" => Newest,
        _ => [],
    };

    /// <summary>
    /// Reads a delegate's or a cached result; without a version of its own it has the given one. Throws <see cref="ConfigException"/> when it does
    /// not decode, code 999 for an unknown version.
    /// </summary>
    public static CniResult Read(ReadOnlyMemory<byte> json, string versionIfAbsent)
    {
        var root = ConfigObject.Parse(json);
        return Read(root, root.String("cniVersion") is { Length: > 0 } own ? own : versionIfAbsent);
    }

    /// <summary>Reads a result whose version is known.</summary>
    public static CniResult Read(ConfigObject result, string version)
    {
        var family = FamilyOf(version);
        if (family == Oldest)
            return ReadOldest(result);
        if (family.Count == 0)
            throw new CniException($"unsupported CNI result version \"{version}\"");
        return new CniResult
        {
            Interfaces = result.Objects("interfaces")?.Select(ReadInterface).ToList() ?? [],
            Ips = result.Objects("ips")?.Select(ip => new IpConfig(Require(ip), ip.Address("gateway"), ip.Int("interface"))).ToList() ?? [],
            Routes = RouteOptions.Read(new OptionReader(result)),
            Dns = DnsOptions.Read(new OptionReader(result)),
        };
    }

    /// <summary>0.1.0 and 0.2.0: one address per family, each with its own routes.</summary>
    private static CniResult ReadOldest(ConfigObject result)
    {
        var families = new[] { result.Object("ip4"), result.Object("ip6") }.OfType<ConfigObject>().ToList();
        return new CniResult
        {
            Ips = families.Select(ip => new IpConfig(Require(ip, "ip"), ip.Address("gateway"))).ToList(),
            Routes = families.SelectMany(ip => RouteOptions.Read(new OptionReader(ip))).ToList(),
            Dns = DnsOptions.Read(new OptionReader(result)),
        };
    }

    private static Interface ReadInterface(ConfigObject link) =>
        new(link.String("name") ?? "", link.String("mac") ?? "", link.String("sandbox") ?? "")
        {
            Mtu = link.Int("mtu") ?? 0,
            SocketPath = link.String("socketPath") ?? "",
            PciId = link.String("pciID") ?? "",
        };

    private static Net.Cidr Require(ConfigObject ip, string key = "address") => ip.Cidr(key) ?? throw new ConfigException("invalid CIDR address: ");
}
