namespace CniPlugins.Cni.Options;

/// <summary>One list of objects of a list of such lists.</summary>
/// <param name="whole">The list itself, for what is wrong with it as a whole.</param>
/// <param name="items">Its members.</param>
internal sealed class OptionList(OptionReader whole, IReadOnlyList<OptionReader> items)
{
    public OptionReader Whole => whole;

    public IReadOnlyList<OptionReader> Items => items;
}
