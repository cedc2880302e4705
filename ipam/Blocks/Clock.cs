using CniPlugins.Linux;

namespace CniPlugins.Ipam.Blocks;

/// <summary>The wall clock that blocks are stamped with, and the waits between attempts.</summary>
internal abstract class Clock
{
    public static Clock System { get; } = new SystemClock();

    public abstract DateTimeOffset Now { get; }

    /// <summary>The time since 1970 in ns.</summary>
    public ulong Nanoseconds => (ulong)(Now - DateTimeOffset.UnixEpoch).Ticks * 100;

    public abstract void Pause(TimeSpan time);

    private sealed class SystemClock : Clock
    {
        public override DateTimeOffset Now => DateTimeOffset.UtcNow;

        public override void Pause(TimeSpan time) => Sleep.For(time);
    }
}
