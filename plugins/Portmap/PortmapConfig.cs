using CniPlugins.Cni;
using CniPlugins.Cni.Options;

namespace CniPlugins.Portmap;

/// <summary>What a network's configuration says to the portmap plugin.</summary>
internal sealed class PortmapConfig(OptionReader options)
{
    private const int DefaultMarkBit = 13;

    private readonly int? _markMasqBit = options.IntOrNull(
        "markMasqBit", "The bit of the packet mark that the iptables backend uses, 0 to 31; when absent, 13. nftables always uses bit 13.");

    private readonly string? _backend = options.TextOrNull(
        "backend", "`nftables` or `iptables`; when absent, the one whose language the other options speak, else nftables.", since: "1.6.0");

    public bool Snat { get; } = options.Flag(
        "snat", "Clients in the pod's own network and on the host's loopback are hidden behind the host, or they would not know the answer as theirs.",
        defaultValue: true);

    public bool MasqAll { get; } = options.Flag("masqAll", "With snat, every client is hidden behind the host.", since: "1.6.0");

    public int MarkMasqBit => _markMasqBit ?? DefaultMarkBit;

    /// <summary>Null when absent.</summary>
    public string? ExternalSetMarkChain { get; } = options.TextOrNull(
        "externalSetMarkChain", "A chain of iptables to jump to, which marks what is to be masqueraded, instead of one of the plugin's own.");

    public IReadOnlyList<string> ConditionsV4 { get; } = options.Texts(
        "conditionsV4", "What IPv4 packets must be like for a mapping to count, in the backend's words, as `ip saddr 192.0.2.0/24`.");

    public IReadOnlyList<string> ConditionsV6 { get; } = options.Texts(
        "conditionsV6", "What IPv6 packets must be like for a mapping to count, in the backend's words, as `ip6 saddr 2001:db8::/64`.");

    public PortBackend Backend { get; private set; }

    /// <summary>In the order given; of DEL and GC only those that make sense.</summary>
    public IReadOnlyList<PortMapping> PortMappings { get; private set; } = [];

    /// <summary>
    /// Whether ADD cannot have been told of other mappings than these; not so when the caller names none: it may have lost
    /// its memory of ADD, or be a person with less than that.
    /// </summary>
    public bool KnowsAllMappings { get; private set; } = true;

    /// <summary>prevResult; null when absent.</summary>
    public CniResult? Previous { get; private init; }

    public IReadOnlyList<string> Conditions(bool isV6) => isV6 ? ConditionsV6 : ConditionsV4;

    /// <summary>Decodes and validates in upstream's order and words; CHECK's message has no prefix.</summary>
    public static PortmapConfig Read(Request request)
    {
        try
        {
            return Read(OptionReader.Of(request), PreviousOf(request));
        }
        catch (Exception e) when (e is ConfigException or CniException)
        {
            var message = e is ConfigException ? $"failed to parse network configuration: {e.Message}" : e.Message;
            throw new CniException(request is CheckRequest ? message : $"failed to parse config: {message}");
        }
    }

    public static PortmapConfig Read(OptionReader options, CniResult? previous = null)
    {
        var config = new PortmapConfig(options) { Previous = previous };
        if (config.ExternalSetMarkChain is not null && config._markMasqBit is not null)
            options.Refuse("", "Cannot specify externalSetMarkChain and markMasqBit");
        if (config._markMasqBit is < 0 or > 31)
            options.Refuse("markMasqBit", "MasqMarkBit must be between 0 and 31");
        config.Backend = config.ChooseBackend(options);
        config.PortMappings = MappingOptions.Read(options, out var all);
        config.KnowsAllMappings = all && !options.HasForgiven && MappingOptions.AreGiven(options);
        return config;
    }

    /// <summary>What ADD would find out: conditions in words that nftables does not know.</summary>
    public void RequireUnderstood(OptionReader options)
    {
        foreach (var isV6 in new[] { false, true })
        {
            try
            {
                _ = Backend == PortBackend.Nftables ? Portmap.Conditions.Parse(this, isV6) : null;
            }
            catch (CniException e)
            {
                options.Refuse(isV6 ? "conditionsV6" : "conditionsV4", e.Message, e.Details, e.Code);
            }
        }
    }

    /// <summary>DEL and GC do without what cannot be read.</summary>
    private static CniResult? PreviousOf(Request request)
    {
        try
        {
            return request.Conf.PreviousResult();
        }
        catch (Exception e) when (e is CniException or ConfigException && request is DelRequest or GcRequest)
        {
            return null;
        }
    }

    /// <summary>The backend that is named, or else the one whose language the options speak.</summary>
    private PortBackend ChooseBackend(OptionReader options)
    {
        var (iptables, nftables) = (new List<string>(), new List<string>());
        if (ExternalSetMarkChain is not null)
            iptables.Add("externalSetMarkChain");
        foreach (var (name, conditions) in new[] { ("conditionsV4", ConditionsV4), ("conditionsV6", ConditionsV6) })
        {
            if (conditions is [{ Length: > 0 } first, ..])
                (first[0] is '-' or '!' ? iptables : nftables).Add(name);
        }

        if (_backend is not (null or "nftables" or "iptables"))
            options.Refuse("backend", $"unrecognized backend \"{_backend}\"");
        var backend = _backend == "iptables" || (_backend is null && iptables.Count > 0) ? PortBackend.Iptables : PortBackend.Nftables;
        if (backend == PortBackend.Nftables && iptables.Count > 0)
            options.Refuse("", $"nftables backend was requested but configuration contains iptables-specific options [{string.Join(' ', iptables)}]");
        if (backend == PortBackend.Iptables && nftables.Count > 0)
            options.Refuse("", $"iptables backend was requested but configuration contains nftables-specific options [{string.Join(' ', nftables)}]");
        return backend;
    }
}

/// <summary>What leads host ports to a pod.</summary>
internal enum PortBackend
{
    Nftables,
    Iptables,
}
