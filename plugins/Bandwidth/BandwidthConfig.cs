using CniPlugins.Cni;

namespace CniPlugins.Bandwidth;

/// <summary>What a network's configuration and the runtime say to the bandwidth plugin; names are the documentation's.</summary>
internal sealed record BandwidthConfig
{
    private const ulong MostBurstBytes = uint.MaxValue;

    // Runtimes without a burst to pass on send 2^31-1, 2^32-1 or 2^35-9: all that they think fits.
    private const ulong AnyBurst = int.MaxValue;

    private static readonly string[] Keys = ["ingressRate", "ingressBurst", "egressRate", "egressBurst"];

    /// <summary>ingressRate, ingressBurst: what goes to the pod; null is not limited.</summary>
    public RateLimit? Ingress { get; init; }

    /// <summary>egressRate, egressBurst: what comes from the pod; null is not limited.</summary>
    public RateLimit? Egress { get; init; }

    /// <summary>prevResult; null when absent.</summary>
    public CniResult? Previous { get; init; }

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsUnlimited => Ingress is null && Egress is null;

    /// <summary>Reads what the verb needs: what DEL and GC take away has its name from the attachment, whatever the limits have become.</summary>
    public static BandwidthConfig Read(Request request)
    {
        if (request is DelRequest or GcRequest)
            return new BandwidthConfig();
        try
        {
            var root = request.Conf.Root;
            var isStatic = Keys.Any(root.Has);
            var limits = isStatic ? root : request.Conf.RuntimeConfig?.Object("bandwidth");
            return limits is null
                ? new BandwidthConfig { Previous = request.Conf.PreviousResult() }
                : new BandwidthConfig
                {
                    Ingress = Limit(limits, "ingress", isStatic),
                    Egress = Limit(limits, "egress", isStatic),
                    Previous = request.Conf.PreviousResult(),
                };
        }
        catch (ConfigException e)
        {
            throw new CniException($"failed to parse network configuration: {e.Message}", "rates are whole bits in a second, bursts whole bits");
        }
    }

    private static RateLimit? Limit(ConfigObject limits, string key, bool isStatic)
    {
        var (rate, burst) = (limits.Unsigned($"{key}Rate") ?? 0, limits.Unsigned($"{key}Burst") ?? 0);
        if (rate == 0 && burst == 0)
            return null;
        var limit = new RateLimit(key, rate, burst, IsAnyBurst: !isStatic && burst >= AnyBurst);
        if (burst == 0)
            throw new CniException("if rate is set, burst must also be set", $"{limit}: the burst is how many bits may pass at once, say a tenth of the rate");
        if (rate == 0)
            throw new CniException("if burst is set, rate must also be set", $"{limit}");
        if (burst / 8 >= MostBurstBytes)
            throw new CniException("burst cannot be more than 4GB", $"{limit}; at most 34359738351 bits");
        return rate < 8 ? throw new CniException($"{key}Rate {rate} is less than a byte in a second", $"{limit}") : limit;
    }
}
