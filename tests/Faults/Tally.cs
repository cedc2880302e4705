namespace CniPlugins.Tests.Faults;

/// <summary>How many trials of a plugin's verb there were, and how many found something.</summary>
internal sealed class Tally(Network network, int subject, string verb)
{
    /// <summary>How many points there are.</summary>
    public int All { get; set; }

    /// <summary>Trials whose process was killed, at any system call.</summary>
    public int Kills { get; private set; }

    /// <summary>Trials in which a call of the plugin's own failed or was late.</summary>
    public int Errors { get; private set; }

    /// <summary>Trials in which a call of the runtime's start or memory failed.</summary>
    public int Apart { get; private set; }

    /// <summary>Trials whose fault did not come about, however often it was tried.</summary>
    public int Missed { get; private set; }

    /// <summary>Trials that left or harmed something.</summary>
    public int Debris { get; private set; }

    /// <summary>Trials whose answer was not what the protocol wants.</summary>
    public int Answers { get; private set; }

    public static string Head => "| network | plugin | verb | points | killed | failed | in the runtime | missed | debris | not one JSON document |\n| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |";

    public void Add(Outcome outcome)
    {
        if (!outcome.HasStruck)
            Missed++;
        else if (outcome.Trial.Fault.IsKill)
            Kills++;
        else if (outcome.Trial.Fault.Site.IsOwn)
            Errors++;
        else
            Apart++;
        if (outcome.Debris.Count > 0)
            Debris++;

        // What the runtime makes of a failure of its own calls is listed apart.
        if (outcome.Problem is not null && outcome.Trial.Fault.Counts)
            Answers++;
    }

    public override string ToString() => $"| {network.Name} | {network.TypeOf(subject)} | {verb} | {All} | {Kills} | {Errors} | {Apart} | {Missed} | {Debris} | {Answers} |";
}
