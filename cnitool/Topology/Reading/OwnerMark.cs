using CniPlugins.Attachment;

namespace CniPlugins.Cnitool.Topology.Reading;

/// <summary>Whose an object in the kernel is, as its comment or alias says; the container's ID may have been cut off at its end, the hash never is.</summary>
internal sealed record OwnerMark(string Hash, string Network, string IfName, string ContainerId)
{
    /// <summary>Reads a comment or an alias; null for another text.</summary>
    public static OwnerMark? Read(string? text)
    {
        if (text is null || !Owner.IsAlias(text))
            return null;
        return new OwnerMark(text[..Owner.HashLength], Member(text, ", net: "), Member(text, ", if: "), Member(text, ", id: "));
    }

    private static string Member(string text, string label)
    {
        var start = text.IndexOf(label, StringComparison.Ordinal);
        if (start < 0)
            return "";
        var member = text[(start + label.Length)..];
        return member.IndexOf(", ", StringComparison.Ordinal) is var end and >= 0 ? member[..end] : member;
    }
}
