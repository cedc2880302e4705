using System.Globalization;

namespace CniPlugins.Bench;

/// <summary>What was asked for; scripts/bench.sh says what each option means.</summary>
internal sealed class Options
{
    public int Runs { get; private set; } = 50;

    public string Only { get; private set; } = "";

    public string Chart { get; private set; } = "";

    public bool Growth { get; private set; }

    public bool Parallel { get; private set; }

    public bool Check { get; private set; }

    /// <summary>Names and directories; ours is the first.</summary>
    public List<(string Name, string Directory)> Peers { get; } = [];

    public static Options Read(IReadOnlyList<string> arguments)
    {
        var options = new Options();
        for (var i = 0; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case "--growth": options.Growth = true; break;
                case "--parallel": options.Parallel = true; break;
                case "--all": options.Growth = options.Parallel = true; break;
                case "--check": options.Check = true; break;
                case var option when i + 1 < arguments.Count: options.Take(option, arguments[++i]); break;
                default: throw new ArgumentException($"{arguments[i]}: no such option, or no value");
            }
        }

        return options;
    }

    private void Take(string option, string value)
    {
        switch (option)
        {
            case "--runs": Runs = int.Parse(value, CultureInfo.InvariantCulture); break;
            case "--only": Only = value; break;
            case "--svg": Chart = value; break;
            case "--peer" when value.Split('=', 2) is [{ Length: > 0 } name, var directory]: Peers.Add((name, directory)); break;
            default: throw new ArgumentException($"{option} {value}: no such option");
        }
    }
}
