using System.Text;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;

namespace CniPlugins.Ipam.Dhcp;

/// <summary>What a network's <c>ipam</c> section says to the dhcp plugin; names and defaults are upstream's.</summary>
internal sealed class DhcpConfig
{
    public const string DefaultSocket = "/run/cni/dhcp.sock";
    private const int LongestValue = 255;

    private readonly Dictionary<byte, byte[]> _provide = [];
    private readonly List<byte> _request = [];

    private DhcpConfig(OptionReader ipam, string args)
    {
        Socket = ipam.Text("daemonSocketPath", "Where the daemon listens.", DefaultSocket);
        Priority = ipam.Int("priority", "The metric of every route; 0 leaves it to the kernel.");
        ipam.List("provide", "Options that go into every message to the server.", entry => ReadProvided(entry, args));
        var isDefault = true;
        ipam.List("request", "Options that the server is asked for.", entry => isDefault &= !ReadRequested(entry));
        if (isDefault)
            _request.AddRange([OptionCode.Routers, OptionCode.SubnetMask]);
        if (_request.Count == 0)
            _request.AddRange([OptionCode.SubnetMask, OptionCode.Routers, OptionCode.DomainName, OptionCode.DomainNameServers]);
        Request = [.. _request.Distinct()];
    }

    public string Socket { get; }

    public int Priority { get; }

    /// <summary>By their numbers; a later entry takes the place of an earlier one.</summary>
    public IReadOnlyDictionary<byte, byte[]> Provide => _provide;

    /// <summary>What goes into option 55, in order.</summary>
    public IReadOnlyList<byte> Request { get; }

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

    /// <summary>Decodes and validates a network's whole configuration; throws in upstream's words.</summary>
    public static DhcpConfig Read(NetConf conf, string args)
    {
        try
        {
            return Read(new OptionReader(conf.Root), args);
        }
        catch (ConfigException e)
        {
            throw CniException.Because("error parsing netconf", e);
        }
    }

    public static DhcpConfig Read(OptionReader options, string args)
    {
        if (!options.Has("ipam"))
            options.Refuse("", "IPAM config missing 'ipam' key", code: CniErrorCode.InvalidNetworkConfig);
        return new DhcpConfig(options.Section("ipam"), args);
    }

    private bool ReadProvided(OptionReader entry, string args)
    {
        var name = entry.Text("option", "A number, or a name: `host-name`, `user-class`, `vendor-class-identifier`, `dhcp-client-identifier`.");
        var value = entry.Text("value", "What is sent.");
        var key = entry.Text("fromArg", "A key of CNI_ARGS, whose value takes the place of `value`.");
        if (CodeOf(entry, name) is not { } code)
            return false;
        Take(entry, "value", code, value, $"value too long for option \"{name}\": \"{value}\"");
        if (key.Length > 0 && ValueOf(key, args) is { } given)
            Take(entry, "fromArg", code, given, $"value too long for option \"{name}\" from CNI_ARGS \"{key}\": \"{given}\"");
        return true;
    }

    /// <summary>Takes an entry in; true when it says that the usual options are not wanted.</summary>
    private bool ReadRequested(OptionReader entry)
    {
        var name = entry.Text("option", "A number or a name, as in `provide`.");
        if (name.Length > 0 && CodeOf(entry, name) is { } code)
            _request.Add(code);
        return entry.Flag("skipDefault", "Leaves out what is asked for else: subnet mask and routers.");
    }

    private void Take(OptionReader entry, string key, byte code, string value, string complaint)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        if (bytes.Length > LongestValue)
            entry.Refuse(key, complaint, code: CniErrorCode.InvalidNetworkConfig);
        else if (bytes.Length > 0 || key == "fromArg")
            _provide[code] = bytes;
    }

    private static byte? CodeOf(OptionReader entry, string name)
    {
        try
        {
            return entry.IsDescribing ? null : OptionCode.Parse(name);
        }
        catch (CniException e)
        {
            entry.Refuse("option", e.Message, e.Details);
            return null;
        }
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
}
