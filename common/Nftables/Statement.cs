namespace CniPlugins.Nftables;

/// <summary>One thing a rule says, in nft's words: <c>ip saddr 10.1.0.2</c>, <c>masquerade</c>.</summary>
internal abstract record Statement
{
    private protected Statement() { }

    /// <summary>As <c>nft list</c> prints it.</summary>
    internal abstract string Words { get; }

    internal abstract void Write(ref Expressions to);

    public sealed override string ToString() => Words;
}
