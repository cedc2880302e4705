namespace CniPlugins.Fuzz;

/// <summary>A piece of the suite that reads what others wrote.</summary>
/// <param name="Name">What <c>--target</c> says.</param>
/// <param name="Corpus">The folder of Corpus/ whose files inputs are made from.</param>
/// <param name="Try">Feeds it one input; throws <see cref="ViolationException"/> when a property does not hold.</param>
/// <param name="Refusals">The exceptions by which it may refuse an input; any other is a violation.</param>
internal sealed record Target(string Name, Grammar Grammar, string Corpus, Action<byte[]> Try, params IReadOnlyList<Type> Refusals)
{
    /// <summary>How many inputs it gets, compared with others.</summary>
    public int Share { get; init; } = 10;

    /// <summary>Whether it changes the machine: only in a sandbox of the run's own.</summary>
    public bool NeedsSandbox { get; init; }
}
