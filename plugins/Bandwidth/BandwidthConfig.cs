using CniPlugins.Cni;
using CniPlugins.Cni.Options;

namespace CniPlugins.Bandwidth;

/// <summary>What a network's configuration and the runtime say to the bandwidth plugin.</summary>
internal sealed class BandwidthConfig(OptionReader options, OptionReader given)
{
    private const ulong MostBurstBytes = uint.MaxValue;

    // Runtimes without a burst to pass on send 2^31-1, 2^32-1 or 2^35-9: all that they think fits.
    private const ulong AnyBurst = int.MaxValue;

    /// <summary>Whether the network's own limits count: one of its keys is enough.</summary>
    private readonly bool _isStatic =
        options.Has("ingressRate") || options.Has("ingressBurst") || options.Has("egressRate") || options.Has("egressBurst");

    private readonly (ulong Rate, ulong Burst) _ownIngress = (
        options.Unsigned("ingressRate", "What the pod may receive, in bits a second; 0 is not limited."),
        options.Unsigned("ingressBurst", "How many bits may pass to it at once after a while of silence."));

    private readonly (ulong Rate, ulong Burst) _ownEgress = (
        options.Unsigned("egressRate", "What the pod may send, in bits a second; 0 is not limited."),
        options.Unsigned("egressBurst", "How many bits may pass from it at once after a while of silence."));

    private readonly (ulong Rate, ulong Burst) _givenIngress = (
        given.Unsigned("ingressRate", "As `ingressRate`, where the network has no limits of its own."),
        given.Unsigned("ingressBurst", "As `ingressBurst`; 2147483647 and more mean a burst that fits the rate."));

    private readonly (ulong Rate, ulong Burst) _givenEgress = (
        given.Unsigned("egressRate", "As `egressRate`, where the network has no limits of its own."),
        given.Unsigned("egressBurst", "As `egressBurst`; 2147483647 and more mean a burst that fits the rate."));

    /// <summary>What goes to the pod; null is not limited.</summary>
    public RateLimit? Ingress { get; private set; }

    /// <summary>What comes from the pod; null is not limited.</summary>
    public RateLimit? Egress { get; private set; }

    /// <summary>prevResult; null when absent.</summary>
    public CniResult? Previous { get; private init; }

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsUnlimited => Ingress is null && Egress is null;

    /// <summary>Reads what the verb needs: what DEL and GC take away has its name from the attachment, whatever the limits have become.</summary>
    public static BandwidthConfig Read(Request request)
    {
        try
        {
            return Read(OptionReader.Of(request), request is DelRequest or GcRequest ? null : request.Conf.PreviousResult());
        }
        catch (ConfigException e)
        {
            throw new CniException($"failed to parse network configuration: {e.Message}", "rates are whole bits in a second, bursts whole bits");
        }
    }

    public static BandwidthConfig Read(OptionReader options, CniResult? previous = null)
    {
        var given = options.Section("runtimeConfig").Section("bandwidth", "The limits of one container.");
        var config = new BandwidthConfig(options, given) { Previous = previous };
        var (holder, ingress, egress) = config._isStatic
            ? (options, config._ownIngress, config._ownEgress)
            : (given, config._givenIngress, config._givenEgress);
        config.Ingress = Limit(holder, "ingress", ingress, config._isStatic);
        config.Egress = Limit(holder, "egress", egress, config._isStatic);
        if (options.IsSurvey && !config._isStatic && !options.Offers("bandwidth"))
            options.Advise("", "neither rates nor \"capabilities\": {\"bandwidth\": true}: it limits nothing");
        return config;
    }

    private static RateLimit? Limit(OptionReader holder, string key, (ulong Rate, ulong Burst) written, bool isStatic)
    {
        var (rate, burst) = written;
        if (rate == 0 && burst == 0)
            return null;
        var limit = new RateLimit(key, rate, burst, IsAnyBurst: !isStatic && burst >= AnyBurst);
        if (burst == 0)
            holder.Refuse($"{key}Rate", "if rate is set, burst must also be set", $"{limit}: the burst is how many bits may pass at once, say a tenth of the rate");
        else if (rate == 0)
            holder.Refuse($"{key}Burst", "if burst is set, rate must also be set", $"{limit}");
        else if (burst / 8 >= MostBurstBytes)
            holder.Refuse($"{key}Burst", "burst cannot be more than 4GB", $"{limit}; at most 34359738351 bits");
        else if (rate < 8)
            holder.Refuse($"{key}Rate", $"{key}Rate {rate} is less than a byte in a second", $"{limit}");
        return limit;
    }
}
