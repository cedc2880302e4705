namespace CniPlugins.Bench;

/// <summary>One verb of a chain, by all contenders that have figures for it.</summary>
internal sealed record Row(string Name, Chain Chain, string Verb, IReadOnlyDictionary<Contender, Figures> Figures)
{
    public Figures? Of(Contender contender) => Figures.GetValueOrDefault(contender);
}
