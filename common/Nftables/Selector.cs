using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>Something of a packet that can be compared or looked up: <c>ip saddr</c>, <c>th dport</c>, or several side by side.</summary>
internal abstract record Selector
{
    private protected Selector() { }

    internal abstract string Words { get; }

    /// <summary>What must be known of the packet before the selector means anything (an IPv4 header), compared first of all.</summary>
    internal virtual void Require(ref Expressions to) { }

    internal abstract void Load(ref Expressions to);

    /// <summary>THIS . NEXT: both side by side, for looking up.</summary>
    public Selector Then(Selector next) => new Concatenation(this, next);

    /// <summary>SELECTOR @SET</summary>
    public Statement In(Set set) => new Lookup(this, set, Inverted: false);

    /// <summary>SELECTOR != @SET</summary>
    public Statement NotIn(Set set) => new Lookup(this, set, Inverted: true);

    public sealed override string ToString() => Words;

    private protected Statement Compare(NFT_CMP comparison, Value value) => new Match(this, comparison, value.ToBytes(), value.ToString());
}

/// <summary>ip saddr . ip daddr</summary>
internal sealed record Concatenation(Selector First, Selector Second) : Selector
{
    internal override string Words => $"{First} . {Second}";

    internal override void Require(ref Expressions to)
    {
        First.Require(ref to);
        Second.Require(ref to);
    }

    internal override void Load(ref Expressions to)
    {
        First.Load(ref to);
        Second.Load(ref to);
    }
}
