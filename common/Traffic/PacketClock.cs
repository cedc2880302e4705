using System.Globalization;
using System.Text;
using CniPlugins.Linux;

namespace CniPlugins.Traffic;

/// <summary>The clock that the kernel's packet schedulers are told times in (net/sched/sch_api.c, psched_show).</summary>
/// <param name="TicksPerMicrosecond">15.625 wherever a tick is 64 ns, which is every kernel since 2.6.31.</param>
internal readonly record struct PacketClock(double TicksPerMicrosecond)
{
    private const double Ordinary = 1000.0 / 64;
    private const uint Nanoseconds = 1_000_000_000;

    /// <summary>This kernel's clock, from /proc/net/psched; the ordinary one where that cannot be read.</summary>
    public static PacketClock Read() => Parse(DiskFile.Read("/proc/net/psched") is { } bytes ? Encoding.ASCII.GetString(bytes) : "");

    /// <summary>Three hexadecimal words: how many ticks and microseconds are worth the same, and the clock's resolution.</summary>
    internal static PacketClock Parse(string psched)
    {
        var words = psched.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 3 || !TryParse(words[0], out var ticks) || !TryParse(words[1], out var microseconds) || !TryParse(words[2], out var resolution)
            || microseconds == 0)
        {
            return new PacketClock(Ordinary);
        }

        // A resolution in nanoseconds is announced with a multiplier that is not meant (iproute2, tc_core_init).
        if (resolution == Nanoseconds)
            ticks = microseconds;
        return new PacketClock((double)ticks / microseconds * (resolution / 1e6));
    }

    private static bool TryParse(string word, out uint value) => uint.TryParse(word, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
}
