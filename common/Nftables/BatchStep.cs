namespace CniPlugins.Nftables;

/// <summary>One message of a batch: where it begins, and the nft command that it stands for, in words when it failed.</summary>
internal readonly record struct BatchStep(int Start, string Verb, object Subject)
{
    /// <summary>The command; of several elements, the one that the kernel points at by its place in the message.</summary>
    public string Words(int offset) => Subject is ElementList elements ? $"{Verb} {elements.At(offset)}" : $"{Verb} {Subject}";
}

/// <summary>The elements of one message, and where each begins in it.</summary>
internal sealed record ElementList(IReadOnlyList<(int Start, Element Element)> Elements)
{
    /// <summary>The element at this place; kernels before 5.16 point at none, which leaves the first, in company.</summary>
    public string At(int offset)
    {
        var found = Elements.LastOrDefault(element => element.Start <= offset, Elements[0]).Element;
        return offset == 0 && Elements.Count > 1 ? $"{found} (or one of {Elements.Count - 1} more)" : $"{found}";
    }
}
