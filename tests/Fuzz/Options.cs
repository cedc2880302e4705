using System.Globalization;

namespace CniPlugins.Fuzz;

/// <summary>What scripts/fuzz.sh was asked for.</summary>
internal sealed record Options
{
    /// <summary>Inputs over all targets.</summary>
    public long Inputs { get; private init; } = 100_000;

    /// <summary>A limit for the whole run.</summary>
    public double Seconds { get; private init; } = double.PositiveInfinity;

    public int Seed { get; private init; } = 1;

    /// <summary>Targets whose names begin so; empty is all.</summary>
    public string Target { get; private init; } = "";

    /// <summary>Where inputs that break something are left.</summary>
    public string Findings { get; private init; } = "out/fuzz-findings";

    /// <summary>Whether the namespaces and directories are this run's own (--inside of the script says so).</summary>
    public bool IsSandbox { get; private init; }

    public static Options Read(IReadOnlyList<string> args)
    {
        var options = new Options();
        for (var i = 0; i + 1 < args.Count; i += 2)
        {
            var value = args[i + 1];
            options = args[i] switch
            {
                "--inputs" => options with { Inputs = long.Parse(value, CultureInfo.InvariantCulture) },
                "--seconds" => options with { Seconds = double.Parse(value, CultureInfo.InvariantCulture) },
                "--seed" => options with { Seed = int.Parse(value, CultureInfo.InvariantCulture) },
                "--target" => options with { Target = value },
                "--findings" => options with { Findings = value },
                "--sandbox" => options with { IsSandbox = value == "yes" },
                _ => throw new ArgumentException($"what is {args[i]}?", nameof(args)),
            };
        }

        return options;
    }
}
