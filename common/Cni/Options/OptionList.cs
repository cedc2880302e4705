namespace CniPlugins.Cni.Options;

/// <summary>One list of objects of a list of such lists.</summary>
/// <param name="Whole">The list itself, for what is wrong with it as a whole.</param>
/// <param name="Items">Its members.</param>
internal sealed record OptionList(OptionReader Whole, IReadOnlyList<OptionReader> Items);
