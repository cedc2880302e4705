using System.Globalization;
using System.Text;

namespace CniPlugins.Attachment;

/// <summary>
/// Whose an object on the host is, as its comment or alias says: the hashes by which owners are told apart, then the
/// same for people, which may have been cut off at its end.
/// </summary>
/// <remarks>
/// <c>43d91f8451058a70-0b65a318f52e521b, net: n1, if: eth0, id: cid1</c> is what upstream writes beside its nft rules for masquerade (pkg/ip/ipmasq_nftables_linux.go,
/// commentForInstance). The hash of the network comes first, so everything of one network can be told by prefix.
/// </remarks>
internal sealed record OwnerMark(string Hash, string Network, string IfName, string ContainerId)
{
    /// <summary>Of a network, and of an attachment in it.</summary>
    public const int HashDigits = 16;

    /// <summary>Both hashes, joined by a hyphen.</summary>
    public const int HashLength = (2 * HashDigits) + 1;

    private const string NetworkLabel = ", net: ";
    private const string IfNameLabel = ", if: ";
    private const string ContainerIdLabel = ", id: ";
    private const string CreatedLabel = ", at: ";

    // What nft takes as a comment (NFTNL_UDATA_COMMENT_MAXLEN).
    private const int MaxBytes = 128;

    // So that a network's mark stays a comment; a network's name is ASCII.
    private const int LongestNetwork = 64;

    /// <summary>Reads a comment or an alias; null for another text.</summary>
    public static OwnerMark? Read(string? text) =>
        text is null || text.Length <= HashLength || text[HashDigits] != '-' || !text.AsSpan(HashLength).StartsWith(NetworkLabel, StringComparison.Ordinal) ? null
        : new OwnerMark(text[..HashLength], Member(text, NetworkLabel), Member(text, IfNameLabel), Member(text, ContainerIdLabel));

    /// <summary>
    /// Whether a text names an attachment of a network (by the digits of its hash), and which one: asked about ten
    /// thousand objects, in place.
    /// </summary>
    public static bool TryReadHash(ReadOnlySpan<byte> text, ReadOnlySpan<byte> network, out ulong attachment)
    {
        attachment = 0;
        return text.Length > HashLength && text[HashDigits] == '-' && text[HashLength..].StartsWith(", net: "u8) && text.StartsWith(network)
            && ulong.TryParse(text[(HashDigits + 1)..HashLength], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out attachment);
    }

    /// <summary>Whether the attachment is a container's, whose ID may be cut off in the text.</summary>
    public bool IsOf(string containerId) => Hash.EndsWith(Owner.AttachmentHash(IfName, containerId), StringComparison.Ordinal);

    /// <summary>When an object with this alias was made (CLOCK_BOOTTIME, ns); 0 when it does not say.</summary>
    public static long CreatedAt(string alias) =>
        alias.LastIndexOf(CreatedLabel, StringComparison.Ordinal) is var mark and >= 0
        && long.TryParse(alias.AsSpan(mark + CreatedLabel.Length), CultureInfo.InvariantCulture, out var created) ? created : 0;

    /// <summary>The mark of a network's object that is no attachment's.</summary>
    public static string OfNetwork(string network) => $"{StartOfNetwork(network)}{network[..Math.Min(network.Length, LongestNetwork)]}";

    /// <summary>What such a mark starts with, and no attachment's.</summary>
    public static string StartOfNetwork(string network) => $"{Owner.NetworkHash(network)}{NetworkLabel}";

    /// <summary>The mark's text, at most 128 bytes.</summary>
    public string Comment
    {
        get
        {
            // The interface's name is never cut: the container is known by it and the hash.
            var room = MaxBytes - $"{Hash}{NetworkLabel}{IfNameLabel}{IfName}{ContainerIdLabel}".Length;
            var network = Network[..Math.Clamp(room, 0, Network.Length)];
            var text = $"{Hash}{NetworkLabel}{network}{IfNameLabel}{IfName}{ContainerIdLabel}{ContainerId}".Replace("\"", "", StringComparison.Ordinal);
            text = text[..Math.Min(text.Length, MaxBytes)];
            while (Encoding.UTF8.GetByteCount(text) > MaxBytes)
                text = text[..^1];
            return text;
        }
    }

    /// <summary>The same with a time of creation (CLOCK_BOOTTIME, ns).</summary>
    public string Alias(long created) => string.Create(CultureInfo.InvariantCulture, $"{Comment}{CreatedLabel}{created}");

    public override string ToString() => $"container {ContainerId} of network {Network}";

    private static string Member(string text, string label)
    {
        var start = text.IndexOf(label, StringComparison.Ordinal);
        if (start < 0)
            return "";
        var member = text[(start + label.Length)..];
        return member.IndexOf(", ", StringComparison.Ordinal) is var end and >= 0 ? member[..end] : member;
    }
}
