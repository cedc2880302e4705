using CniPlugins.Netlink.Uapi;

namespace CniPlugins.Netlink;

/// <summary>Where the next bytes of a message go: at its length, which moves on by whole alignments.</summary>
internal static class Cursor
{
    /// <summary>Takes cleared space at the end of a message; the padding up to the next alignment is cleared with it.</summary>
    public static Span<byte> Reserve(Span<byte> buffer, ref uint length, int size)
    {
        var slot = buffer.Slice((int)length, Align(size));
        slot.Clear();
        length += (uint)slot.Length;
        return slot[..size];
    }

    /// <summary>NLMSG_ALIGN, which is also NLA_ALIGN.</summary>
    public static int Align(int size) => (size + (int)NLMSG.ALIGNTO - 1) & ~((int)NLMSG.ALIGNTO - 1);
}
