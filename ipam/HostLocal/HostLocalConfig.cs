using CniPlugins.Cni;
using CniPlugins.Net;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>What a network's <c>ipam</c> section says, completed and validated as upstream does it.</summary>
internal sealed record HostLocalConfig
{
    /// <summary><c>subnet</c>, <c>ranges</c> and the runtime's <c>ipRanges</c>: one address is handed out per set.</summary>
    public required IReadOnlyList<RangeSet> RangeSets { get; init; }

    /// <summary>Addresses somebody wishes for: CNI_ARGS <c>IP</c>, <c>args.cni.ips</c>, the runtime's <c>ips</c>.</summary>
    public required IReadOnlyList<IpAddress> Requested { get; init; }

    /// <summary><c>routes</c>: handed on as they are.</summary>
    public required IReadOnlyList<RouteConfig> Routes { get; init; }

    /// <summary><c>resolvConf</c>: a file whose settings become the result's dns; empty for none.</summary>
    public string ResolvConf { get; init; } = "";

    /// <summary><c>statusWhenFull</c> (ours): whether STATUS fails while a range set has no free address.</summary>
    public bool StatusWhenFull { get; init; }

    public static HostLocalConfig Read(Request request)
    {
        var root = request.Conf.Root;
        var ipam = root.Object("ipam") ?? throw new CniException("IPAM config missing 'ipam' key");
        var runtime = request.Conf.RuntimeConfig;
        return new HostLocalConfig
        {
            Requested = [.. ArgsIp(request.Environment.Args), .. Addresses(request.Conf.CniArgs), .. Addresses(runtime)],
            RangeSets = ReadSets(request.Conf, ipam, runtime),
            Routes = ResultReader.ReadRoutes(ipam),
            ResolvConf = ipam.String("resolvConf") ?? "",
            StatusWhenFull = ipam.Bool("statusWhenFull") ?? false,
        };
    }

    private static IReadOnlyList<RangeSet> ReadSets(NetConf conf, ConfigObject ipam, ConfigObject? runtime)
    {
        List<IReadOnlyList<ConfigObject>> written =
        [
            .. runtime?.ObjectLists("ipRanges") ?? [],
            .. ipam.Has("subnet") ? [[ipam]] : Array.Empty<IReadOnlyList<ConfigObject>>(),
            .. ipam.ObjectLists("ranges") ?? [],
        ];
        if (written.Count == 0)
            throw new CniException("no IP ranges specified", "ipam needs a subnet or ranges");

        var sets = new List<RangeSet>();
        foreach (var set in written)
            sets.Add(ReadSet(set, sets.Count));
        if ((sets.Count(set => set.IsV6) > 1 || sets.Count(set => !set.IsV6) > 1) && conf.Version < CniVersion.V030)
            throw new CniException($"CNI version {conf.VersionText} does not support more than 1 address per family");
        for (var i = 0; i < sets.Count; i++)
        {
            for (var j = i + 1; j < sets.Count; j++)
            {
                if (sets[i].Overlaps(sets[j]))
                    throw new CniException($"range set {i} overlaps with {j}");
            }
        }

        return sets;
    }

    private static RangeSet ReadSet(IReadOnlyList<ConfigObject> ranges, int index)
    {
        try
        {
            return RangeSet.Read(ranges);
        }
        catch (CniException e)
        {
            throw CniException.Because($"invalid range set {index}", e);
        }
    }

    private static IEnumerable<IpAddress> ArgsIp(string args) => CniArgs.Parse(args, "IP")["IP"] is not { Length: > 0 } text ? []
        : TryParse(text) is { } address ? [address]
        : throw new CniException($"ARGS: error parsing value of pair \"IP={text}\": invalid IP address {text}");

    private static IEnumerable<IpAddress> Addresses(ConfigObject? holder) => holder?.Strings("ips")?.Select(text =>
        TryParse(text) ?? throw new ConfigException(
            text.Length == 0 ? "cannot understand ip: IP <nil> not v4 nor v6" : $"invalid IP address {text}")) ?? [];

    /// <summary>An address, of which a prefix length is ignored.</summary>
    private static IpAddress? TryParse(string text) =>
        Cidr.TryParse(text, out var cidr) ? cidr.Address : IpAddress.TryParse(text, out var address) ? address : null;
}
