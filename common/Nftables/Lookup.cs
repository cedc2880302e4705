namespace CniPlugins.Nftables;

/// <summary>SELECTOR @SET, SELECTOR != @SET: whether the set has the key.</summary>
internal sealed record Lookup(Selector Selector, Set Set, bool Inverted) : Statement
{
    internal override string Words => $"{Selector} {(Inverted ? "!= " : "")}@{Set.Name}";

    internal override void Write(ref Expressions to)
    {
        Selector.Require(ref to);
        Selector.Load(ref to);
        to.LookUp(Set.Name, Inverted);
    }
}
