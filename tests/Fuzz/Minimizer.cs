using System.Diagnostics;

namespace CniPlugins.Fuzz;

/// <summary>Makes an input smaller as long as it breaks the same.</summary>
internal static class Minimizer
{
    private const int Attempts = 3_000;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Leaves out parts, half of it at first and single bytes at last.</summary>
    public static byte[] Shrink(byte[] input, Func<byte[], bool> breaks)
    {
        var attempts = 0;
        var clock = Stopwatch.StartNew();
        for (var size = Math.Max(input.Length / 2, 1); attempts < Attempts && clock.Elapsed < Limit; size = Math.Max(size / 2, 1))
        {
            var shrunk = false;
            for (var at = 0; at < input.Length && attempts < Attempts && clock.Elapsed < Limit;)
            {
                byte[] smaller = [.. input[..at], .. input[Math.Min(at + size, input.Length)..]];
                attempts++;
                if (breaks(smaller))
                    (input, shrunk) = (smaller, true);
                else
                    at += size;
            }

            if (size == 1 && !shrunk)
                break;
        }

        return input;
    }
}
