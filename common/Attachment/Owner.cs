using System.Text;
using CniPlugins.Cni;
using CniPlugins.Digest;
using CniPlugins.Linux;
using CniPlugins.Nftables;

namespace CniPlugins.Attachment;

/// <summary>
/// Who an object on the host belongs to: an attachment, whose <see cref="OwnerMark"/> is written onto the object.
/// </summary>
internal sealed record Owner(string Network, string IfName, string ContainerId)
{
    public static Owner Of(AttachmentRequest request) => new(request.Network, request.IfName.Value, request.ContainerId.Value);

    /// <summary>What every object of a network starts with.</summary>
    public static string NetworkHash(string network) => Sha512.Hex(network)[..OwnerMark.HashDigits];

    /// <summary>What every object of this attachment starts with.</summary>
    public string Hash { get; } = $"{NetworkHash(Network)}-{AttachmentHash(IfName, ContainerId)}";

    /// <summary>What follows the network's in an attachment's hash.</summary>
    public static string AttachmentHash(string ifName, string containerId) =>
        Convert.ToHexStringLower(Sha512.Hash(HashedText(ifName, containerId)).AsSpan(0, OwnerMark.HashDigits / 2));

    /// <summary>What the second hash is made of: its first 64 bits.</summary>
    internal static byte[] HashedText(string ifName, string containerId) => Encoding.UTF8.GetBytes($"{ifName}:{containerId}");

    /// <summary>Whether a text on an object names this attachment.</summary>
    public bool Owns(string? text) => text is not null && text.StartsWith(Hash, StringComparison.Ordinal);

    /// <summary>
    /// Whether a text names an attachment of the same container, in whichever network: what a runtime wants of a
    /// container, it hands to each of its networks.
    /// </summary>
    public bool SharesContainer(string? text) => OwnerMark.Read(text)?.IsOf(ContainerId) is true;

    /// <summary>Chooses the elements of nf_tables that name this attachment.</summary>
    public ElementChoice Elements
    {
        get
        {
            var hash = Encoding.ASCII.GetBytes(Hash);
            return (comment, _) => comment.StartsWith(hash);
        }
    }

    /// <summary>The first element that is not there as it should be: absent, leading elsewhere, or another's.</summary>
    public Element? FindMissing(IReadOnlyList<Element> expected, IEnumerable<Element> found)
    {
        var own = found.Where(element => Owns(element.Comment)).ToLookup(element => (element.Set, element.Key));
        return expected.FirstOrDefault(element => !own[(element.Set, element.Key)].Any(there => element.Data?.Equals(there.Data) ?? true));
    }

    /// <summary>What elements and rules bear, at most 128 bytes.</summary>
    public string Comment => Mark.Comment;

    /// <summary>
    /// What links bear: the comment with the time of creation (CLOCK_BOOTTIME, ns), so that GC spares what is younger
    /// than itself.
    /// </summary>
    public string Alias => Mark.Alias(BootClock.Nanoseconds);

    private OwnerMark Mark => new(Hash, Network, IfName, ContainerId);
}
