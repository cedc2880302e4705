using CniPlugins.Cni;

namespace CniPlugins.Portmap;

/// <summary>Decodes and validates portmap's configuration in upstream's order and words (portmap.md 1).</summary>
/// <remarks>What is wrong with it must not keep DEL and GC from taking away what an earlier configuration made: they read what can be read.</remarks>
internal sealed class PortmapConfigReader
{
    private readonly Request _request;
    private readonly ConfigObject _root;
    private readonly bool _lenient;

    private PortmapConfigReader(Request request)
    {
        _request = request;
        _root = request.Conf.Root;
        _lenient = request is DelRequest or GcRequest;
    }

    public static PortmapConfig Read(Request request)
    {
        var reader = new PortmapConfigReader(request);
        try
        {
            return reader.Read();
        }
        catch (ConfigException) when (reader._lenient)
        {
            return new PortmapConfig { KnowsAllMappings = false };
        }
        catch (ConfigException e)
        {
            throw reader.Invalid($"failed to parse network configuration: {e.Message}");
        }
    }

    private PortmapConfig Read()
    {
        var bit = _root.Int("markMasqBit");
        var config = new PortmapConfig
        {
            Snat = _root.Bool("snat") ?? true,
            MasqAll = _root.Bool("masqAll") ?? false,
            MarkMasqBit = bit ?? PortmapConfig.DefaultMarkBit,
            ExternalSetMarkChain = _root.String("externalSetMarkChain"),
            ConditionsV4 = _root.Strings("conditionsV4") ?? [],
            ConditionsV6 = _root.Strings("conditionsV6") ?? [],
        };
        var backend = _root.String("backend");
        var mappings = new MappingReader(_request.Conf.RuntimeConfig?.Objects("portMappings"));
        config = config with { Previous = ReadPrevious() };
        if (_lenient)
        {
            return config with
            {
                PortMappings = mappings.ReadWhatMakesSense(out var all),
                KnowsAllMappings = all && (mappings.AreGiven || config.Previous is not null),
            };
        }

        if (config.ExternalSetMarkChain is not null && bit is not null)
            throw Invalid("Cannot specify externalSetMarkChain and markMasqBit");
        if (bit is < 0 or > 31)
            throw Invalid("MasqMarkBit must be between 0 and 31");
        config = config with { Backend = Choose(config, backend) };
        return config with { PortMappings = mappings.Read(Invalid) };
    }

    private CniResult? ReadPrevious()
    {
        try
        {
            return _request.Conf.PreviousResult();
        }
        catch (CniException) when (_lenient)
        {
            return null;
        }
        catch (CniException e)
        {
            throw Invalid(e.Message);
        }
    }

    /// <summary>The backend that is named, or else the one whose language the options speak.</summary>
    private PortBackend Choose(PortmapConfig config, string? named)
    {
        var (iptables, nftables) = (new List<string>(), new List<string>());
        if (config.ExternalSetMarkChain is not null)
            iptables.Add("externalSetMarkChain");
        foreach (var (name, conditions) in new[] { ("conditionsV4", config.ConditionsV4), ("conditionsV6", config.ConditionsV6) })
        {
            if (conditions is [{ Length: > 0 } first, ..])
                (first[0] is '-' or '!' ? iptables : nftables).Add(name);
        }

        var backend = named switch
        {
            null => iptables.Count > 0 ? PortBackend.Iptables : PortBackend.Nftables,
            "nftables" => PortBackend.Nftables,
            "iptables" => PortBackend.Iptables,
            _ => throw Invalid($"unrecognized backend \"{named}\""),
        };
        if (backend == PortBackend.Nftables && iptables.Count > 0)
            throw Invalid($"nftables backend was requested but configuration contains iptables-specific options [{string.Join(' ', iptables)}]");
        if (backend == PortBackend.Iptables && nftables.Count > 0)
            throw Invalid($"iptables backend was requested but configuration contains nftables-specific options [{string.Join(' ', nftables)}]");
        return backend;
    }

    /// <summary>CHECK's message has no prefix.</summary>
    private CniException Invalid(string message) => new(_request is CheckRequest ? message : $"failed to parse config: {message}");
}
