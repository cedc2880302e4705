using static CniPlugins.Bench.Markdown;

namespace CniPlugins.Bench;

/// <summary>What was measured, as tables: ours is the first contender, the floor the last.</summary>
internal sealed class Tables(IReadOnlyList<Suite> suites, Floor floor)
{
    private const double FloorsAllowed = 2.5;

    private readonly Suite _ours = suites[0];

    private IEnumerable<Suite> Peers => suites.Skip(1);

    private IReadOnlyList<Contender> Everyone => [.. suites, floor];

    /// <summary>
    /// Times, and ours as a multiple of each peer's and of the floor's. The limit that ours is to keep in ADD: two and a half floors, and one start of a process (ours
    /// for VERSION) for each plugin of the chain.
    /// </summary>
    public void Times(IReadOnlyList<Row> rows, double start)
    {
        string[] head =
        [
            "ms: median / p99", _ours.Name, .. Peers.SelectMany(peer => new[] { peer.Name, $"{_ours.Name} ÷ {peer.Name}" }),
            "floor in C", $"{_ours.Name} ÷ floor", "limit",
        ];
        Table(head, rows.Select(row => (IReadOnlyList<string>)
        [
            row.Name, Time(row.Of(_ours)), .. Peers.SelectMany(peer => new[] { Time(row.Of(peer)), Ratio(row.Of(_ours)?.Median, row.Of(peer)?.Median) }),
            Time(row.Of(floor)), Ratio(row.Of(_ours)?.Median, row.Of(floor)?.Median), Limit(row, start),
        ]));
    }

    /// <summary>CPU time, memory, system calls and programs of everyone.</summary>
    public void Costs(IReadOnlyList<Row> rows)
    {
        string[] head =
        [
            "CPU ms, peak MiB, system calls, programs", .. Everyone.SelectMany(one => new[] { $"{one.Name}: CPU", "MiB", "calls", "programs" }),
            .. Peers.SelectMany(peer => new[] { $"CPU: {_ours.Name} ÷ {peer.Name}", "MiB" }),
        ];
        Table(head, rows.Select(row => (IReadOnlyList<string>)
        [
            row.Name, .. Everyone.SelectMany(one => Cost(row.Of(one))),
            .. Peers.SelectMany(peer => new[] { Ratio(row.Of(_ours)?.Cpu, row.Of(peer)?.Cpu), Ratio(row.Of(_ours)?.MiB, row.Of(peer)?.MiB) }),
        ]));
    }

    /// <summary>Each level's times, and as a multiple of the first's.</summary>
    public void Growth(IReadOnlyList<Row> rows)
    {
        string[] head = ["growth: median ms", .. Everyone.SelectMany(one => new[] { one.Name, "÷ first" })];
        Table(head, rows.Select(row => (IReadOnlyList<string>)
        [
            row.Name,
            .. Everyone.SelectMany(one => new[]
            {
                Number(row.Of(one)?.Median),
                Ratio(row.Of(one)?.Median, rows.First(first => first.Chain == row.Chain && first.Verb == row.Verb).Of(one)?.Median),
            }),
        ]));
    }

    public void AtOnce(IReadOnlyList<(int AtOnce, IReadOnlyDictionary<Contender, double> Rates)> rows, string chain)
    {
        string[] head = [$"pods per second, ADD and DEL of {chain}", .. Everyone.Select(one => one.Name), .. Peers.Select(peer => $"{_ours.Name} ÷ {peer.Name}")];
        Table(head, rows.Select(row => (IReadOnlyList<string>)
        [
            $"{row.AtOnce} at once", .. Everyone.Select(one => Number(Of(row.Rates, one), "0.0")),
            .. Peers.Select(peer => Ratio(Of(row.Rates, _ours), Of(row.Rates, peer))),
        ]));
    }

    public void Sizes()
    {
        string[] head = ["MiB on disk", .. suites.Select(suite => suite.Name), .. Peers.Select(peer => $"{_ours.Name} ÷ {peer.Name}")];
        var common = DiskSize.NamesOfAll(suites);
        Table(head, new (string What, Func<Suite, double> Size)[]
        {
            ("all plugins", suite => DiskSize.Of(suite, DiskSize.Names(suite))),
            ($"the {common.Count} that everyone has", suite => DiskSize.Of(suite, common)),
        }.Select(row => (IReadOnlyList<string>)
            [row.What, .. suites.Select(suite => Number(row.Size(suite))), .. Peers.Select(peer => Ratio(row.Size(_ours), row.Size(peer)))]));
    }

    private static double? Of(IReadOnlyDictionary<Contender, double> rates, Contender contender) => rates.TryGetValue(contender, out var rate) ? rate : null;

    private static string Time(Figures? figures) => figures is null ? Missing : $"{Number(figures.Median)} / {Number(figures.P99)}";

    private static string[] Cost(Figures? figures) => figures is null
        ? [Missing, Missing, Missing, Missing]
        : [Number(figures.Cpu), Number(figures.MiB, "0.0"), $"{figures.Effort.Calls}", $"{figures.Effort.Programs}"];

    private string Limit(Row row, double start) =>
        row.Verb == "ADD" && row.Of(floor) is { } figures ? Number((FloorsAllowed * figures.Median) + (start * row.Chain.Plugins.Count)) : "";
}
