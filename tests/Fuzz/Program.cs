using System.Diagnostics;
using System.Globalization;
using CniPlugins.Fuzz;
using CniPlugins.Fuzz.Targets;

// scripts/fuzz.sh [--inputs N] [--seconds N] [--seed N] [--target NAME]: hostile inputs for whatever reads what others wrote.
var options = Options.Read(args);
var targets = AllTargets.List.Where(target => (options.IsSandbox || !target.NeedsSandbox) && target.Name.StartsWith(options.Target, StringComparison.Ordinal)).ToList();
if (targets.Count == 0)
{
    Console.WriteLine($"no target begins with {options.Target}; there are {string.Join(", ", AllTargets.List.Select(target => target.Name))}");
    return 2;
}

Console.WriteLine($"seed {options.Seed}");
Console.WriteLine($"{"target",-16}{"inputs",10}{"accepted",10}{"refused",10}{"violations",12}{"most KiB",10}{"longest ms",12}");
var clock = Stopwatch.StartNew();
var shares = targets.Sum(target => target.Share);
var (inputs, violations) = (0L, 0);
using var watchdog = new Watchdog(options.Findings);
foreach (var (index, target) in targets.Index())
{
    var campaign = new Campaign(target, options.Seed, watchdog);
    var left = (options.Seconds - clock.Elapsed.TotalSeconds) * target.Share / targets.Skip(index).Sum(other => other.Share);
    campaign.Run(options.Inputs * target.Share / shares, double.IsFinite(left) ? TimeSpan.FromSeconds(Math.Max(left, 0)) : TimeSpan.MaxValue);
    var tally = campaign.Tally;
    inputs += tally.Inputs;
    violations += tally.Violations.Count;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{target.Name,-16}{tally.Inputs,10}{tally.Accepted,10}{tally.Refused,10}{tally.Violations.Count,12}{tally.MostAllocated >> 10,10}{tally.Longest.TotalMilliseconds,12:0.0}"));
    foreach (var (number, (problem, input)) in tally.Violations.Index())
    {
        Directory.CreateDirectory(options.Findings);
        var file = Path.Combine(options.Findings, $"{target.Name}-{number}");
        File.WriteAllBytes(file, input);
        Console.WriteLine($"  {file}: {problem}");
    }
}

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{inputs} inputs in {clock.Elapsed.TotalSeconds:0} s, {violations} violations"));
return violations == 0 ? 0 : 1;
