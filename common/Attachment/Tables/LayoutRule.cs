using CniPlugins.Nftables;

namespace CniPlugins.Attachment.Tables;

/// <summary>A rule of a layout; its comment is what it is known by in the kernel.</summary>
internal sealed record LayoutRule(Chain Chain, string Comment, params IReadOnlyList<Statement> Statements)
{
    public string Text => string.Join(' ', Statements);

    public override string ToString() => $"rule {Chain.Path} {Text}";
}
