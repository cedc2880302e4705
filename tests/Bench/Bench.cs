namespace CniPlugins.Bench;

/// <summary>The whole: what was asked for, one thing after another, and the tables at the end.</summary>
internal sealed class Bench(Options options, IReadOnlyList<Suite> suites, Floor floor, IReadOnlyList<Pod> pods)
{
    private const int ComingAndGoing = 8;

    // A namespace that was given up is taken apart some time later, holding locks that all network changes need.
    private static readonly TimeSpan KernelTidiesUp = TimeSpan.FromSeconds(10);

    private readonly Notes _notes = new();
    private readonly Tables _tables = new(suites, floor);
    private readonly IReadOnlyList<Contender> _contenders = [.. suites, floor];

    public void Run()
    {
        var race = new Race(_contenders, [.. pods.Take(ComingAndGoing)], options.Runs, _notes);
        var version = race.Run(Chains.Version);
        var held = Rows(Chains.Held, race);
        List<Row> rows = [.. version, .. held, .. Chains.All.Where(Asked).SelectMany(race.Run), .. Rows(Chains.Blocks, race)];
        var rates = options.Parallel ? AtOnce() : [];
        var growth = options.Growth ? Chains.Growth.SelectMany(series => OnEmptyHosts(series, race)).ToList() : [];

        _tables.Times(rows, version[0].Of(suites[0])!.Median);
        _tables.Costs([.. rows, .. growth]);
        _tables.Sizes();
        if (rates.Count > 0)
            _tables.AtOnce(rates, Chains.Whole.Name);
        if (growth.Count > 0)
            _tables.Growth([.. held, .. growth]);
        _notes.Print();
        if (options.Chart.Length > 0)
            File.WriteAllText(options.Chart, new Chart(suites, floor).Draw(rows));
    }

    /// <summary>Whether the floor and our plugins do the same, chain by chain.</summary>
    public bool Check()
    {
        var agreement = new Agreement(suites[0], floor, pods[0]);
        var good = true;
        foreach (var chain in Chains.All.Append(Chains.Held.Chain).Where(chain => Asked(chain) && floor.Lacks(chain) is null))
        {
            var differences = agreement.Differences(chain);
            Console.WriteLine($"{chain.Name}: {(differences.Count == 0 ? "the floor does what ours does" : $"{differences.Count} differences")}");
            foreach (var difference in differences)
                Console.WriteLine($"    {difference}");
            good &= differences.Count == 0;
        }

        return good;
    }

    private bool Asked(Chain chain) => chain.Name.Contains(options.Only, StringComparison.Ordinal);

    private IReadOnlyList<Row> Rows(Series series, Race race) => Asked(series.Chain) ? [.. series.Run(race, _contenders, _notes)] : [];

    private IReadOnlyList<Row> OnEmptyHosts(Series series, Race race)
    {
        if (!Asked(series.Chain))
            return [];
        foreach (var contender in _contenders)
            contender.Renew();
        Thread.Sleep(KernelTidiesUp);
        return Rows(series, race);
    }

    private List<(int AtOnce, IReadOnlyDictionary<Contender, double> Rates)> AtOnce()
    {
        var throughput = new Throughput(Chains.Whole, pods, _notes);
        return [.. new[] { 1, 2, 8, 32 }.Select(atOnce => (atOnce, throughput.Measure(_contenders, atOnce)))];
    }
}
