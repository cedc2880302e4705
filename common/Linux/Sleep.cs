using Tmds.Linux;

namespace CniPlugins.Linux;

/// <summary>Waiting for a time and nothing else.</summary>
internal static class Sleep
{
    /// <summary>sleep(1), to the microsecond; Thread.Sleep cuts to whole milliseconds, of which there may be none.</summary>
    public static unsafe void For(TimeSpan time)
    {
        if (time <= TimeSpan.Zero)
            return;
        var (seconds, rest) = Math.DivRem(time.Ticks, TimeSpan.TicksPerSecond);
        var left = new timespec { tv_sec = seconds, tv_nsec = (int)rest * 100 };
        while (Libc.clock_nanosleep(Libc.CLOCK_MONOTONIC, 0, &left, &left) == (int)Errno.EINTR)
        {
        }
    }
}
