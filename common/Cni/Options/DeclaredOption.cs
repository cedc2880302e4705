namespace CniPlugins.Cni.Options;

/// <summary>What is known of an option: all that its declaration says.</summary>
/// <param name="Path">The object it belongs to, as <c>ipam</c> or <c>vlanTrunk[]</c>; empty for the plugin's own.</param>
/// <param name="Key">Its name; a configuration may write it in any case.</param>
/// <param name="Type">Its JSON type.</param>
/// <param name="Default">Its value when it is absent, as JSON; empty when that has no value.</param>
/// <param name="About">What it does, in a sentence.</param>
/// <param name="Since">The release of the reference plugins that brought it, or <see cref="OptionReader.OnlyHere"/>; empty for the oldest.</param>
internal sealed record DeclaredOption(string Path, string Key, OptionType Type, string Default, string About, string Since)
{
    /// <summary>The name with its place: <c>ipam.subnet</c>.</summary>
    public string Name => Path.Length == 0 ? Key : $"{Path}.{Key}";
}
