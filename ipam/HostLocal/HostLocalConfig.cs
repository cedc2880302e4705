using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Net;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>What a network's <c>ipam</c> section says, completed and validated as upstream does it.</summary>
internal sealed class HostLocalConfig(OptionReader options, OptionReader ipam)
{
    /// <summary>Addresses somebody wishes for: CNI_ARGS <c>IP</c>, <c>args.cni.ips</c>, the runtime's <c>ips</c>.</summary>
    public IReadOnlyList<IpAddress> Requested { get; } =
    [
        .. ArgsIp(options.Args),
        .. Wishes(options.Section("args").Section("cni"), "Addresses that the container shall have."),
        .. Wishes(options.Section("runtimeConfig"), "Addresses that the container shall have, besides those of `args.cni.ips` and of IP in CNI_ARGS."),
    ];

    /// <summary><c>subnet</c>, <c>ranges</c> and the runtime's <c>ipRanges</c>: one address is handed out per set.</summary>
    public IReadOnlyList<RangeSet> RangeSets { get; } = RangeOptions.Read(options, ipam);

    public IReadOnlyList<RouteConfig> Routes { get; } = RouteOptions.Read(ipam);

    /// <summary>Empty for none.</summary>
    public string ResolvConf { get; } = ipam.Text("resolvConf", "A file as /etc/resolv.conf, whose settings go into the result's dns.");

    public bool StatusWhenFull { get; } = ipam.Flag(
        "statusWhenFull", "STATUS fails while a range set has no free address.", since: OptionReader.OnlyHere);

    public static HostLocalConfig Read(Request request) => Read(OptionReader.Of(request));

    public static HostLocalConfig Read(OptionReader options)
    {
        if (!options.Has("ipam"))
            options.Refuse("", "IPAM config missing 'ipam' key");
        return new HostLocalConfig(options, options.Section("ipam"));
    }

    /// <summary>Where reservations are kept, which all verbs need to know and no other option may keep from them.</summary>
    public static string ReadDataDir(OptionReader options)
    {
        var ipam = options.Section("ipam");
        var directory = ipam.Text("dataDir", "Where reservations are kept, a directory for each network.", "/var/lib/cni/networks");
        if (ipam.IsSurvey && !Path.IsPathRooted(directory))
            ipam.Advise("dataDir", "a relative path depends on where the runtime was started");
        return directory;
    }

    private static IEnumerable<IpAddress> ArgsIp(string args) => CniArgs.Parse(args, "IP")["IP"] is not { Length: > 0 } text ? []
        : TryParse(text) is { } address ? [address]
        : throw new CniException($"ARGS: error parsing value of pair \"IP={text}\": invalid IP address {text}");

    private static List<IpAddress> Wishes(OptionReader holder, string about)
    {
        var wishes = new List<IpAddress>();
        foreach (var text in holder.Texts("ips", about))
        {
            if (TryParse(text) is { } address)
                wishes.Add(address);
            else
                holder.Refuse("ips", text.Length == 0 ? "cannot understand ip: IP <nil> not v4 nor v6" : $"invalid IP address {text}");
        }

        return wishes;
    }

    /// <summary>An address, of which a prefix length is ignored.</summary>
    private static IpAddress? TryParse(string text) =>
        Cidr.TryParse(text, out var cidr) ? cidr.Address : IpAddress.TryParse(text, out var address) ? address : null;
}
