using System.Globalization;

namespace CniPlugins.Scale;

/// <summary>One call: how long it took and what it asked of etcd.</summary>
internal readonly record struct Sample(double Milliseconds, int RoundTrips, int FullLists, int Objects, int Conflicts);

/// <summary>Many calls of a kind, as a line of the report.</summary>
internal static class Samples
{
    public const string Header = "| calls | number | p50 ms | p99 ms | round trips p50 | p99 | most | full lists | objects read p50 | conflicts |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|";

    public static string Line(string what, IReadOnlyCollection<Sample> samples) => samples.Count == 0 ? $"| {what} | 0 |" : string.Create(
        CultureInfo.InvariantCulture,
        $"| {what} | {samples.Count} | {Percentile(samples, 50, s => s.Milliseconds):0.0} | {Percentile(samples, 99, s => s.Milliseconds):0.0} | {Percentile(samples, 50, s => s.RoundTrips):0} | {Percentile(samples, 99, s => s.RoundTrips):0} | {samples.Max(s => s.RoundTrips)} | {samples.Sum(s => s.FullLists)} | {Percentile(samples, 50, s => s.Objects):0} | {samples.Sum(s => s.Conflicts)} |");

    public static double Percentile(IReadOnlyCollection<Sample> samples, int percent, Func<Sample, double> of)
    {
        var sorted = samples.Select(of).Order().ToList();
        return sorted[Math.Min(sorted.Count - 1, sorted.Count * percent / 100)];
    }
}
