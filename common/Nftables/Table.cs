namespace CniPlugins.Nftables;

/// <summary>table inet NAME: where chains and sets live; it is its name, whether the kernel has it or not.</summary>
internal sealed record Table(Family Family, string Name)
{
    public override string ToString() => $"table {Path}";

    /// <summary>As nft names it in front of a chain or a set: <c>inet cni_plugins</c>.</summary>
    internal string Path => $"{Family.Word()} {Name}";
}
