using System.Globalization;
using CniPlugins.Tests.Faults;

// scripts/faults.sh [--network NAME,…] [--verb VERB,…] [--then Del,Gc,Nobody] [--sample N] [--seed N] [--part I/N] [--at "EIO at read 5"]: faults in the published plugins; without options all of them.
var networks = Option("--network", "").Split(',', StringSplitOptions.RemoveEmptyEntries);
var verbs = Option("--verb", "ADD,DEL,GC").Split(',');
var cleanUps = Option("--then", "Del,Gc,Nobody").Split(',').Select(Enum.Parse<CleanUp>).ToArray();
var sample = int.Parse(Option("--sample", "0"), CultureInfo.InvariantCulture);
var seed = int.Parse(Option("--seed", $"{Environment.TickCount & 0xffff}"), CultureInfo.InvariantCulture);
var part = Option("--part", "0/1").Split('/').Select(number => int.Parse(number, CultureInfo.InvariantCulture)).ToArray();
var at = Option("--at", "");
var bin = Option("--bin", Path.GetFullPath("out/bin"));
if (sample > 0)
    Console.WriteLine($"seed {seed}");

Console.WriteLine(Tally.Head);
var tallies = new List<Tally>();
var random = new Random(seed);
foreach (var network in Network.All.Where(network => networks.Length == 0 || networks.Contains(network.Name)))
{
    using var matrix = new Matrix(network, bin, Console.WriteLine);
    tallies.AddRange(matrix.Run(verbs, cleanUps, Choose));
}

return tallies.Any(tally => tally.Debris + tally.Answers > 0) ? 1 : 0;

IReadOnlyList<Trial> Choose(IReadOnlyList<Trial> trials)
{
    var mine = trials.Where(trial => Share(trial) == part[0] && $"{trial.Fault}".StartsWith(at, StringComparison.Ordinal)).ToArray();
    if (sample > 0)
        random.Shuffle(mine);
    return sample > 0 ? mine[..Math.Min(sample, mine.Length)] : mine;
}

// Of the call alone, so that parts of several runs add up to the whole even if one of them records a call more.
int Share(Trial trial) => $"{trial.Fault.Kind} {trial.Fault.Site.Name} {trial.Fault.Site.Occurrence}".Sum(letter => letter) % part[1];

string Option(string name, string otherwise) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : otherwise;
