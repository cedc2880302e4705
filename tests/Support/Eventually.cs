using System.Diagnostics;

namespace CniPlugins.Tests.Support;

/// <summary>What becomes true after a while, or fails the test.</summary>
internal static class Eventually
{
    public static void Is(Func<bool> condition, Func<string> otherwise, int seconds = 20)
    {
        for (var started = Stopwatch.GetTimestamp(); !condition();)
        {
            Assert.True(Stopwatch.GetElapsedTime(started).TotalSeconds < seconds, otherwise());
            Thread.Sleep(50);
        }
    }
}
