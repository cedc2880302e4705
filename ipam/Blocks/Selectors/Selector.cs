namespace CniPlugins.Ipam.Blocks.Selectors;

/// <summary>A condition on labels in Calico's selector language: <c>zone == "west" &amp;&amp; !has(gpu)</c>.</summary>
internal abstract record Selector
{
    private protected Selector()
    {
    }

    /// <summary>Reads a selector; an empty one is true of everything.</summary>
    /// <exception cref="FormatException">It is none; the message has the text and the place.</exception>
    public static Selector Parse(string text) => new SelectorParser(text).Parse();

    /// <summary>Whether it is true of something with these labels.</summary>
    public abstract bool Matches(IReadOnlyDictionary<string, string> labels);
}

/// <summary><c>all()</c>, <c>global()</c>, and the empty selector.</summary>
internal sealed record Everything : Selector
{
    public override bool Matches(IReadOnlyDictionary<string, string> labels) => true;
}

/// <summary><c>has(key)</c>.</summary>
internal sealed record Has(string Key) : Selector
{
    public override bool Matches(IReadOnlyDictionary<string, string> labels) => labels.ContainsKey(Key);
}

/// <summary>A comparison of a label with a text.</summary>
internal enum Comparison
{
    Equal,
    Contains,
    StartsWith,
    EndsWith,
}

/// <summary><c>key == "text"</c> and the like: false of what has no such label.</summary>
internal sealed record Compared(string Key, Comparison How, string Text) : Selector
{
    public override bool Matches(IReadOnlyDictionary<string, string> labels) => labels.TryGetValue(Key, out var value) && How switch
    {
        Comparison.Equal => value == Text,
        Comparison.Contains => value.Contains(Text, StringComparison.Ordinal),
        Comparison.StartsWith => value.StartsWith(Text, StringComparison.Ordinal),
        Comparison.EndsWith => value.EndsWith(Text, StringComparison.Ordinal),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary><c>key in {"a", "b"}</c>: false of what has no such label.</summary>
internal sealed record OneOf(string Key, IReadOnlyList<string> Texts) : Selector
{
    public override bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        if (!labels.TryGetValue(Key, out var value))
            return false;
        foreach (var text in Texts)
        {
            if (value == text)
                return true;
        }

        return false;
    }
}

/// <summary><c>!x</c>; <c>key != "text"</c> and <c>key not in {…}</c> too, which are true of what has no such label.</summary>
internal sealed record Not(Selector Inner) : Selector
{
    public override bool Matches(IReadOnlyDictionary<string, string> labels) => !Inner.Matches(labels);
}

/// <summary><c>a &amp;&amp; b &amp;&amp; c</c>: a list and no tree, which would be as deep as the text is long.</summary>
internal sealed record Every(IReadOnlyList<Selector> Terms) : Selector
{
    public override bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        foreach (var term in Terms)
        {
            if (!term.Matches(labels))
                return false;
        }

        return true;
    }
}

/// <summary><c>a || b || c</c>.</summary>
internal sealed record Any(IReadOnlyList<Selector> Terms) : Selector
{
    public override bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        foreach (var term in Terms)
        {
            if (term.Matches(labels))
                return true;
        }

        return false;
    }
}
