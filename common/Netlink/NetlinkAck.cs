using CniPlugins.Linux;

namespace CniPlugins.Netlink;

/// <summary>The kernel's answer to the request with this sequence number; <see cref="Errno.None"/> is success.</summary>
/// <remarks>The offset is where in the request the attribute is that was refused, 0 when the kernel does not say.</remarks>
internal readonly record struct NetlinkAck(uint Sequence, Errno Errno, string? ExtAck, int Offset = 0)
{
    /// <summary>Throws when the request was refused.</summary>
    public void ThrowIfFailed(string what)
    {
        if (Errno != Errno.None)
            throw new NetlinkException(Errno, what, ExtAck);
    }
}
