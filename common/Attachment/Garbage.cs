using System.Buffers.Binary;
using System.Text;
using CniPlugins.Cni;
using CniPlugins.Digest;

namespace CniPlugins.Attachment;

/// <summary>What GC may take of a network: what names an attachment of that network and none of the valid ones, and is older than the call.</summary>
/// <remarks>
/// Asked about every object on the host: of ten thousand pods each of its hash alone, in place. The hashes of the valid ones are made when the first
/// object of the network is seen.
/// </remarks>
internal sealed class Garbage(GcRequest request)
{
    private readonly byte[] _network = Encoding.ASCII.GetBytes(Owner.NetworkHash(request.Network));
    private HashSet<ulong>? _valid;

    /// <summary>Whether a text on an object names a stale attachment (<see cref="OwnerMark"/>); how old the object is, it leaves open.</summary>
    public bool IsNamedIn(ReadOnlySpan<byte> text) =>
        OwnerMark.TryReadHash(text, _network, out var attachment) && !Valid.Contains(attachment);

    /// <summary>The same for a text that was read already.</summary>
    public bool IsNamedIn(string? text) => text is not null && IsNamedIn(Encoding.UTF8.GetBytes(text));

    /// <summary>An object whose alias says whose it is and when it was made.</summary>
    public bool HasAlias(string? alias) => IsNamedIn(alias) && OwnerMark.CreatedAt(alias!) < request.Started;

    /// <summary>An element of nf_tables: its owner's comment, and its <see cref="Provenance"/>.</summary>
    public bool IsElement(ReadOnlySpan<byte> comment, ReadOnlySpan<byte> provenance) => IsNamedIn(comment) && Provenance.CreatedAt(provenance) < request.Started;

    private HashSet<ulong> Valid => _valid ??=
        [.. request.Valid.Select(attachment => BinaryPrimitives.ReadUInt64BigEndian(Sha512.Hash(Owner.HashedText(attachment.IfName, attachment.ContainerId))))];
}
