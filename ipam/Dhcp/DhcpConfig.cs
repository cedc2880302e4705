using System.Text;
using CniPlugins.Cni;

namespace CniPlugins.Ipam.Dhcp;

/// <summary>What a network's <c>ipam</c> section says to the dhcp plugin; names and defaults are upstream's.</summary>
internal sealed record DhcpConfig
{
    public const string DefaultSocket = "/run/cni/dhcp.sock";
    private const int LongestValue = 255;

    /// <summary>daemonSocketPath: where the daemon listens.</summary>
    public string Socket { get; init; } = DefaultSocket;

    /// <summary>priority: the metric of every route; 0 leaves it to the kernel.</summary>
    public int Priority { get; init; }

    /// <summary>provide: options that go into every message to the server, by their numbers.</summary>
    public IReadOnlyDictionary<byte, byte[]> Provide { get; init; } = new Dictionary<byte, byte[]>();

    /// <summary>request: the options that are asked for (option 55), in order.</summary>
    public IReadOnlyList<byte> Request { get; init; } = [];

    /// <summary>Where the daemon is, which DEL needs to know whatever else is wrong.</summary>
    public static string SocketOf(NetConf conf)
    {
        try
        {
            return conf.Root.Object("ipam")?.String("daemonSocketPath") is { Length: > 0 } path ? path : DefaultSocket;
        }
        catch (ConfigException e)
        {
            throw CniException.Because("error obtaining socketPath: error parsing socket path conf", e);
        }
    }

    /// <summary>Decodes and validates the whole; throws in upstream's words.</summary>
    public static DhcpConfig Read(NetConf conf, string args)
    {
        var socket = SocketOf(conf);
        try
        {
            var ipam = conf.Root.Object("ipam") ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, "IPAM config missing 'ipam' key");
            return new DhcpConfig
            {
                Socket = socket,
                Priority = ipam.Int("priority") ?? 0,
                Provide = ReadProvided(ipam, args),
                Request = ReadRequested(ipam),
            };
        }
        catch (ConfigException e)
        {
            throw CniException.Because("error parsing netconf", e);
        }
    }

    private static Dictionary<byte, byte[]> ReadProvided(ConfigObject ipam, string args)
    {
        var provided = new Dictionary<byte, byte[]>();
        foreach (var entry in ipam.Objects("provide") ?? [])
        {
            var name = entry.String("option") ?? "";
            var code = OptionCode.Parse(name);
            if (entry.String("value") is { Length: > 0 } value)
                provided[code] = Bytes(value, $"value too long for option \"{name}\": \"{value}\"");
            if (entry.String("fromArg") is { Length: > 0 } key && ValueOf(key, args) is { } given)
                provided[code] = Bytes(given, $"value too long for option \"{name}\" from CNI_ARGS \"{key}\": \"{given}\"");
        }

        return provided;
    }

    /// <summary>What entries ask for, then subnet mask and routers, unless an entry says skipDefault.</summary>
    private static List<byte> ReadRequested(ConfigObject ipam)
    {
        var requested = new List<byte>();
        var isDefault = true;
        foreach (var entry in ipam.Objects("request") ?? [])
        {
            isDefault &= entry.Bool("skipDefault") != true;
            if (entry.String("option") is { Length: > 0 } name)
                requested.Add(OptionCode.Parse(name));
        }

        if (isDefault)
            requested.AddRange([OptionCode.Routers, OptionCode.SubnetMask]);
        if (requested.Count == 0)
            requested.AddRange([OptionCode.SubnetMask, OptionCode.Routers, OptionCode.DomainName, OptionCode.DomainNameServers]);
        return [.. requested.Distinct()];
    }

    /// <summary>The last value of a key in CNI_ARGS; what is no pair is passed over.</summary>
    private static string? ValueOf(string key, string args)
    {
        string? found = null;
        foreach (var pair in args.Split(';'))
        {
            if (pair.IndexOf('=', StringComparison.Ordinal) is var at and >= 0 && pair[..at] == key)
                found = pair[(at + 1)..];
        }

        return found;
    }

    private static byte[] Bytes(string value, string complaint)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        return bytes.Length <= LongestValue ? bytes : throw new CniException(CniErrorCode.InvalidNetworkConfig, complaint);
    }
}
