using System.Globalization;

namespace CniPlugins.Bench;

/// <summary>What was measured: medians, 99th percentiles, peak memory, and each suite's median as a multiple of ours.</summary>
internal sealed class Table(IReadOnlyList<Suite> suites)
{
    private readonly List<string[]> _rows = [];

    public void Row(string what, IReadOnlyDictionary<Suite, List<double>> times, Func<Suite, int>? memory)
    {
        var ours = Percentile(times[suites[0]], 50);
        var cells = new List<string> { what };
        foreach (var suite in suites)
        {
            var median = Percentile(times[suite], 50);
            cells.Add(string.Create(CultureInfo.InvariantCulture, $"{median:0.00} / {Percentile(times[suite], 99):0.00}"));
            cells.Add(memory is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{memory(suite) / 1024.0:0.0}"));
            if (suite != suites[0])
                cells.Add(string.Create(CultureInfo.InvariantCulture, $"{ours / median:0.000}"));
        }

        _rows.Add([.. cells]);
        Console.Error.WriteLine(string.Join("  ", cells));
    }

    /// <summary>A Markdown table on standard output.</summary>
    public void Print()
    {
        var head = new List<string> { "ms: median / p99" };
        foreach (var suite in suites)
        {
            head.Add(suite.Name);
            head.Add("MiB");
            if (suite != suites[0])
                head.Add($"{suites[0].Name} ÷ {suite.Name}");
        }

        foreach (var row in new[] { [.. head], head.Select((_, i) => i == 0 ? "---" : "---:").ToArray() }.Concat(_rows))
            Console.WriteLine($"| {string.Join(" | ", row)} |");
    }

    private static double Percentile(List<double> values, int percent)
    {
        var sorted = values.Order().ToList();
        return sorted[Math.Min(sorted.Count - 1, sorted.Count * percent / 100)];
    }
}
