using System.Diagnostics;
using System.Globalization;
using System.Text;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool.Tracing;

/// <summary>Calls of plugins for people: a line for each with its place in time, and below it what it read, said and answered.</summary>
internal static class TraceText
{
    private const int Width = 30;

    /// <summary>Writes the whole, and then each call.</summary>
    public static void Write(TextWriter writer, string verb, IReadOnlyList<PluginCall> calls)
    {
        if (calls.Count == 0)
        {
            writer.WriteLine($"{verb}: no plugin was called");
            return;
        }

        var first = calls[0].Started;
        var whole = calls.Max(call => End(first, call));
        var failed = calls.Count(call => call.ExitCode != 0);
        writer.WriteLine($"{verb}: {Milliseconds(whole)}, {Count(calls.Count, "call")}{(failed > 0 ? $", {failed} failed" : "")}");
        var name = calls.Max(call => call.Plugin.Length);
        foreach (var call in calls)
        {
            writer.WriteLine(
                $"  {call.Plugin.PadRight(name)} {call.Verb,-7} {Milliseconds(call.Duration),10}  |{Bar(first, call, whole)}|{(call.ExitCode == 0 ? "" : "  failed")}");
            Part(writer, "stdin", call.Request);
            Part(writer, "stderr", call.Error);
            Part(writer, call.ExitCode == 0 ? "result" : "error", call.Output);
        }
    }

    private static TimeSpan End(long first, PluginCall call) => Stopwatch.GetElapsedTime(first, call.Started) + call.Duration;

    /// <summary>Where in the whole the call was.</summary>
    private static string Bar(long first, PluginCall call, TimeSpan whole)
    {
        var start = (int)(Stopwatch.GetElapsedTime(first, call.Started) / whole * Width);
        start = Math.Min(start, Width - 1);
        var length = Math.Clamp((int)Math.Round(call.Duration / whole * Width), 1, Width - start);
        return new string(' ', start) + new string('#', length) + new string(' ', Width - start - length);
    }

    /// <summary>A document on one line, without the white space that plugins indent it by.</summary>
    private static void Part(TextWriter writer, string title, byte[] content)
    {
        var lines = Encoding.UTF8.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (lines.Length > 0)
            writer.WriteLine($"    {title,-6}  {string.Join(title == "stderr" ? "\n            " : " ", lines)}");
    }

    private static string Count(int number, string what) => $"{number} {what}{(number == 1 ? "" : "s")}";

    private static string Milliseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms");
}
