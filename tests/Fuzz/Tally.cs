namespace CniPlugins.Fuzz;

/// <summary>What came of a target's inputs.</summary>
internal sealed class Tally
{
    public long Accepted { get; set; }

    public long Refused { get; set; }

    /// <summary>Inputs that broke the property, by what was wrong.</summary>
    public Dictionary<string, byte[]> Violations { get; } = [];

    /// <summary>Most bytes that one input had the target allocate.</summary>
    public long MostAllocated { get; set; }

    /// <summary>The longest time that one input took.</summary>
    public TimeSpan Longest { get; set; }

    public long Inputs => Accepted + Refused;
}
