using CniPlugins.Digest;

namespace CniPlugins.Cnitool.Topology.Reading;

/// <summary>The token buckets on the host's links, and which ifb limits what a container sends.</summary>
internal sealed class HostLimits(IReadOnlyDictionary<string, RateLimit> byLink)
{
    private const string Prefix = "bwp";
    private const int HashDigits = 12;

    /// <summary>tc qdisc show dev NAME root: its token bucket; null when it has none.</summary>
    public RateLimit? Of(string link) => byLink.GetValueOrDefault(link);

    /// <summary>The ifb that upstream's bandwidth makes for a container on a network (bandwidth.md 3).</summary>
    public static string IfbOf(string network, string containerId) => Prefix + Sha512.Hex(network + containerId)[..HashDigits];

    /// <summary>Whether a link has a name that bandwidth gives.</summary>
    public static bool IsIfb(string name) => name.StartsWith(Prefix, StringComparison.Ordinal) && name.Length == Prefix.Length + HashDigits;
}
