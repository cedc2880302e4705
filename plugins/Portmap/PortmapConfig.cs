using CniPlugins.Cni;

namespace CniPlugins.Portmap;

/// <summary>What a network's configuration says to the portmap plugin; names and defaults are the documentation's.</summary>
internal sealed record PortmapConfig
{
    public const int DefaultMarkBit = 13;

    /// <summary>backend: nftables or iptables; when absent, options that are iptables' own choose iptables, and all else nftables.</summary>
    public PortBackend Backend { get; init; }

    /// <summary>snat: clients in the pod's own network and on the host's loopback are hidden behind the host, or they would not know the answer as theirs.</summary>
    public bool Snat { get; init; } = true;

    /// <summary>masqAll: so is every client.</summary>
    public bool MasqAll { get; init; }

    /// <summary>markMasqBit: of the iptables backend; nftables always uses 0x2000.</summary>
    public int MarkMasqBit { get; init; } = DefaultMarkBit;

    /// <summary>externalSetMarkChain: the iptables chain to jump to instead of one of our own; null when absent.</summary>
    public string? ExternalSetMarkChain { get; init; }

    /// <summary>conditionsV4, in the backend's syntax.</summary>
    public IReadOnlyList<string> ConditionsV4 { get; init; } = [];

    /// <summary>conditionsV6.</summary>
    public IReadOnlyList<string> ConditionsV6 { get; init; } = [];

    /// <summary>runtimeConfig.portMappings in the order given; of DEL and GC only those that make sense.</summary>
    public IReadOnlyList<PortMapping> PortMappings { get; init; } = [];

    /// <summary>Whether ADD cannot have been told of other mappings than these; not so when a runtime has lost its memory of ADD.</summary>
    public bool KnowsAllMappings { get; init; } = true;

    /// <summary>prevResult; null when absent.</summary>
    public CniResult? Previous { get; init; }

    public IReadOnlyList<string> Conditions(bool isV6) => isV6 ? ConditionsV6 : ConditionsV4;
}

/// <summary>What leads host ports to a pod.</summary>
internal enum PortBackend
{
    Nftables,
    Iptables,
}
