using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>SELECTOR VALUE, SELECTOR != VALUE</summary>
internal sealed record Match(Selector Selector, NFT_CMP Comparison, byte[] Value, string Text) : Statement
{
    internal override string Words => $"{Selector} {(Comparison == NFT_CMP.NEQ ? "!= " : "")}{Text}";

    internal override void Write(ref Expressions to)
    {
        Selector.Require(ref to);
        Selector.Load(ref to);
        to.Compare(Comparison, Value);
    }
}

/// <summary>SELECTOR &amp; MASK == VALUE, or whichever words mean this masked comparison.</summary>
internal sealed record MaskedMatch(Selector Selector, byte[] Mask, NFT_CMP Comparison, byte[] Value, string Text) : Statement
{
    internal override string Words => $"{Selector} {Text}";

    internal override void Write(ref Expressions to)
    {
        Selector.Require(ref to);
        Selector.Load(ref to);
        to.Mask(Mask);
        to.Compare(Comparison, Value);
    }
}
