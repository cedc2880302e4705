using System.Globalization;
using System.Text;
using CniPlugins.Cni;
using CniPlugins.Digest;
using CniPlugins.Linux;
using CniPlugins.Nftables;

namespace CniPlugins.Attachment;

/// <summary>Who an object on the host belongs to, as it is written onto the object: upstream's instance hash, then the same for people.</summary>
/// <remarks>
/// <c>43d91f8451058a70-0b65a318f52e521b, net: n1, if: eth0, id: cid1</c> is upstream's comment for nft masquerade rules (masquerade.md section 2); the
/// hash of the network comes first, so everything of one network can be told by prefix.
/// </remarks>
internal sealed record Owner(string Network, string IfName, string ContainerId)
{
    private const int MaxBytes = 128;
    private const string CreatedMark = ", at: ";

    public static Owner Of(AttachmentRequest request) => new(request.Network, request.IfName.Value, request.ContainerId.Value);

    /// <summary>What every object of a network starts with.</summary>
    public static string NetworkHash(string network) => Sha512.Hex(network)[..16];

    /// <summary>What every object of this attachment starts with.</summary>
    public string Hash { get; } = $"{NetworkHash(Network)}-{Convert.ToHexStringLower(Sha512.Hash(HashedText(IfName, ContainerId)).AsSpan(0, 8))}";

    /// <summary>What the second hash is made of: its first 64 bits.</summary>
    internal static byte[] HashedText(string ifName, string containerId) => Encoding.UTF8.GetBytes($"{ifName}:{containerId}");

    /// <summary>Two hashes of 16 hexadecimal digits, joined by a hyphen.</summary>
    public const int HashLength = 33;

    /// <summary>Whether a text on an object says whose it is in this form.</summary>
    public static bool IsAlias(string text) =>
        text.Length > HashLength && text[16] == '-' && text.AsSpan(HashLength).StartsWith(", net: ", StringComparison.Ordinal);

    /// <summary>Whether a text on an object names this attachment.</summary>
    public bool Owns(string? text) => text is not null && text.StartsWith(Hash, StringComparison.Ordinal);

    /// <summary>Chooses the elements of nf_tables that name this attachment.</summary>
    public ElementChoice Elements
    {
        get
        {
            var hash = Encoding.ASCII.GetBytes(Hash);
            return (comment, _) => comment.StartsWith(hash);
        }
    }

    /// <summary>The comment, at most 128 bytes.</summary>
    public string Comment
    {
        get
        {
            var text = $"{Hash}, net: {Network}, if: {IfName}, id: {ContainerId}".Replace("\"", "", StringComparison.Ordinal);
            text = text[..Math.Min(text.Length, MaxBytes)];
            while (Encoding.UTF8.GetByteCount(text) > MaxBytes)
                text = text[..^1];
            return text;
        }
    }

    /// <summary>The comment with the time of creation (CLOCK_BOOTTIME, ns), so that GC spares what is younger than itself.</summary>
    public string Alias => string.Create(CultureInfo.InvariantCulture, $"{Comment}{CreatedMark}{BootClock.Nanoseconds}");

    /// <summary>When an object with this alias was made (CLOCK_BOOTTIME, ns); 0 when it does not say.</summary>
    public static long CreatedAt(string alias) =>
        alias.LastIndexOf(CreatedMark, StringComparison.Ordinal) is var mark and >= 0
        && long.TryParse(alias.AsSpan(mark + CreatedMark.Length), CultureInfo.InvariantCulture, out var created) ? created : 0;
}
