namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary>How long is waited before a message is sent again (RFC 2131 sections 4.1 and 4.4.5), in nanoseconds.</summary>
internal sealed class Pace(DaemonOptions options)
{
    public const int MostRequests = 4;
    private const long Second = 1_000_000_000;
    private const long LeastRenewal = 60 * Second;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);

    /// <summary>How long an answer is listened for.</summary>
    public long Listening { get; } = Nanoseconds(options.Timeout);

    /// <summary>How long a lease is tried for.</summary>
    public long Patience { get; } = Nanoseconds(options.ResendTimeout);

    /// <summary>Doubling, with a quarter of chance, up to a limit: the first answer is often lost to a link that only just came up.</summary>
    public long BeforeDiscover(int attempt)
    {
        var first = options.Timeout < FirstPause ? options.Timeout : FirstPause;
        var pause = Math.Min(first.TotalSeconds * Math.Pow(2, Math.Min(attempt, 20)), options.ResendMax.TotalSeconds);
        return (long)(pause * (0.75 + (Random.Shared.NextDouble() / 2)) * Second);
    }

    /// <summary>After an offer was taken: a server that made one is there.</summary>
    public long BeforeRequest(int attempt) => Math.Min(Second << attempt, Listening);

    /// <summary>Half of what is left before the next stage, but no flood: a minute, or a tenth of a lease that is shorter than ten.</summary>
    public static long BeforeProlonging(long now, long stage, LeaseTerms terms)
    {
        var least = Math.Min(LeastRenewal, (terms.ExpiresAt - terms.Granted) / 10);
        return Math.Min(Math.Max((stage - now) / 2, least), Math.Max(stage - now, 0) + 1);
    }

    private static long Nanoseconds(TimeSpan time) => time.Ticks * 100;
}
