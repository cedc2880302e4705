using System.Diagnostics;
using CniPlugins.Linux;

namespace CniPlugins.Tests.Unit;

/// <summary>A pause of less than a millisecond is one: neither nothing nor a whole millisecond.</summary>
public sealed class SleepTests
{
    [Theory]
    [InlineData(100)]
    [InlineData(800)]
    [InlineData(1500)]
    public void What_is_asked_for_in_microseconds_is_slept(int microseconds)
    {
        var asked = TimeSpan.FromMicroseconds(microseconds);
        var slept = Enumerable.Range(0, 50).Select(_ => Time(() => Sleep.For(asked))).ToList();
        var least = slept.Min(); // a busy machine may be late, but not always
        Assert.True(least >= asked && least < asked + TimeSpan.FromMicroseconds(450), $"slept {least.TotalMicroseconds} µs");
    }

    [Fact]
    public void No_time_is_not_slept()
    {
        Sleep.For(TimeSpan.Zero);
        Sleep.For(TimeSpan.FromSeconds(-1));
    }

    [Fact]
    public void Who_waits_for_a_lock_pauses_before_asking_again()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            using var held = FileLock.Take(path, 0x180, TimeSpan.Zero);
            var waits = Enumerable.Range(0, 21).Select(_ => Time(() => Assert.Throws<TimeoutException>(
                () => FileLock.Take(path, 0x180, TimeSpan.FromMicroseconds(150)).Dispose()))).Order().ToList();

            // One pause, not as many attempts as there is time for.
            Assert.True(waits[10] >= TimeSpan.FromMicroseconds(200), $"waited {waits[10].TotalMicroseconds} µs");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static TimeSpan Time(Action action)
    {
        var started = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(started);
    }
}
