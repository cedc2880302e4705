using System.Globalization;
using CniPlugins.Cni;
using CniPlugins.Traffic;

namespace CniPlugins.Bandwidth;

/// <summary>The limit of one direction as configured, and what it means in the kernel's numbers (plugins/meta/bandwidth/ifb_creator.go).</summary>
/// <param name="Key">"ingress", towards the pod, or "egress", from it.</param>
/// <param name="Rate">Bits in a second.</param>
/// <param name="Burst">Bits that may pass at once after a while of silence.</param>
/// <param name="IsAnyBurst">Whether the burst is a runtime's way of saying none: Kubernetes' annotations know only rates.</param>
internal sealed record RateLimit(string Key, ulong Rate, ulong Burst, bool IsAnyBurst = false)
{
    private const double LatencyMicroseconds = 25_000;
    private const double MicrosecondsPerSecond = 1e6;

    // A tenth of a second of the rate, but room for two frames of the largest size with their headers and a VLAN: less would let nothing pass.
    private const ulong BurstsPerSecond = 10;
    private const ulong FrameOverhead = 18;

    /// <summary>The bucket that ADD makes on a link of this MTU (bytes); throws for one that no packet could leave.</summary>
    public TokenBucket Bucket(PacketClock clock, int mtu) =>
        RequireUsable(IsAnyBurst ? Bucket(clock, Math.Min(Burst, MeantBurst(mtu))) : Bucket(clock, Burst), clock, mtu);

    /// <summary>
    /// Whether a bucket is this limit: upstream's is as good as ours, with a runtime's any burst read literally, and of numbers that have more than 32 bits only
    /// the lower ones.
    /// </summary>
    public bool Means(TokenBucket bucket, PacketClock clock, int mtu) =>
        bucket == Bucket(clock, Burst) || bucket == Bucket(clock, Burst, Low) || (IsAnyBurst && bucket == Bucket(clock, Math.Min(Burst, MeantBurst(mtu))));

    /// <summary>What is to be said of a burst that is longer than the kernel's 32 bits of ticks, and so is made shorter; null for one that fits.</summary>
    public string? Remark(PacketClock clock) => IsAnyBurst || !IsWide(clock) ? null
        : string.Create(CultureInfo.InvariantCulture, $"{Key}Burst {Burst} bits at {Key}Rate {Rate} bit/s is more than the kernel can count: the longest that it can is set");

    /// <summary>The limit in the kernel's numbers: as much of it as they can hold.</summary>
    internal TokenBucket Bucket(PacketClock clock, ulong burst) => Bucket(clock, burst, Most);

    private TokenBucket Bucket(PacketClock clock, ulong burst, Func<double, uint> fit)
    {
        var (rateBytes, burstBytes) = (Rate / 8, (uint)(burst / 8));
        var microseconds = fit(burstBytes * MicrosecondsPerSecond / rateBytes);
        var waiting = fit(rateBytes * LatencyMicroseconds / MicrosecondsPerSecond);
        return new TokenBucket(rateBytes, fit((double)waiting + burstBytes), fit(microseconds * clock.TicksPerMicrosecond));
    }

    private bool IsWide(PacketClock clock) => (double)Burst / Rate * MicrosecondsPerSecond * clock.TicksPerMicrosecond > uint.MaxValue
        || (Burst / 8.0) + (Rate / 8.0 * LatencyMicroseconds / MicrosecondsPerSecond) > uint.MaxValue;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Key}Rate {Rate} bit/s, {Key}Burst {Burst} bits");

    private ulong MeantBurst(int mtu) => Math.Max(Rate / BurstsPerSecond, 8 * 2 * ((ulong)mtu + FrameOverhead));

    /// <summary>Refuses what only the kernel's numbers have made too small: a burst that was too small from the start is the operator's, as upstream has it.</summary>
    private TokenBucket RequireUsable(TokenBucket bucket, PacketClock clock, int mtu)
    {
        var passing = bucket.Buffer / clock.TicksPerMicrosecond / MicrosecondsPerSecond * bucket.Rate;
        return IsWide(clock) && Math.Min(passing, bucket.Limit) < (ulong)mtu + FrameOverhead
            ? throw new CniException($"{Key}Burst does not fit {Key}Rate: the kernel has 32 bits for it, and no packet of {mtu} bytes would pass", $"{this}; a smaller burst will do")
            : bucket;
    }

    private static uint Most(double value) => value >= uint.MaxValue ? uint.MaxValue : (uint)value;

    /// <summary>Upstream's conversion, which loses the upper bits.</summary>
    private static uint Low(double value) => unchecked((uint)(long)value);
}
