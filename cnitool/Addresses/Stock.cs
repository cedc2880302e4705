namespace CniPlugins.Cnitool.Addresses;

/// <summary>Addresses that are handed out, and how many of them are: a range set, a pool, a block of a pool.</summary>
internal sealed record Stock(string Kind, string Range, UInt128 Used, UInt128 Total)
{
    /// <summary>A pool's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The node that a block belongs to.</summary>
    public string Node { get; init; } = "";

    /// <summary>What is special about it: <c>disabled</c>, <c>no owner</c>.</summary>
    public string Note { get; init; } = "";

    /// <summary>Whether it is part of the stock before it: a block of a pool.</summary>
    public bool IsPart { get; init; }

    /// <summary>Used of total, 0 to 1.</summary>
    public double Share => Total == 0 ? 0 : (double)Used / (double)Total;
}
