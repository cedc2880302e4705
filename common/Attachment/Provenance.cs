using System.Buffers.Binary;
using System.Text;
using CniPlugins.Linux;

namespace CniPlugins.Attachment;

/// <summary>What an element of nf_tables remembers beside its owner: when it was made (CLOCK_BOOTTIME, ns), and for which namespace.</summary>
/// <remarks>On the wire: eight bytes, little-endian, then the path in UTF-8; a path that does not fit is left out.</remarks>
internal sealed record Provenance(long Created, string Netns)
{
    // The kernel keeps 256 bytes; an owner's comment takes 131 of them, the headers of both records four.
    private const int MaxPath = 110;

    /// <summary>Of something that is made now.</summary>
    public static Provenance Now(string netns) => new(BootClock.Nanoseconds, netns);

    /// <summary>What an element says; one without such bytes is as old as can be, and of no namespace that is known.</summary>
    public static Provenance Read(byte[]? bytes) => bytes is { Length: >= sizeof(long) }
        ? new(CreatedAt(bytes), Encoding.UTF8.GetString(bytes.AsSpan(sizeof(long))))
        : new(0, "");

    /// <summary>When it was made, of such bytes alone.</summary>
    public static long CreatedAt(ReadOnlySpan<byte> bytes) => bytes.Length >= sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : 0;

    /// <param name="maxPath">What room there is for a path: rules have less, for their comments are longer (<see cref="Owner.Alias"/>).</param>
    public byte[] ToBytes(int maxPath = MaxPath)
    {
        var path = Encoding.UTF8.GetBytes(Netns);
        var bytes = new byte[sizeof(long) + (path.Length <= maxPath ? path.Length : 0)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Created);
        if (path.Length <= maxPath)
            path.CopyTo(bytes, sizeof(long));
        return bytes;
    }
}
