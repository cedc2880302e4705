using CniPlugins.Linux;

namespace CniPlugins.Netlink;

/// <summary>The kernel's answer to the request with this sequence number; <see cref="Errno.None"/> is success.</summary>
internal readonly record struct NetlinkAck(uint Sequence, Errno Errno, string? ExtAck)
{
    /// <summary>Throws when the request was refused.</summary>
    public void ThrowIfFailed(string what)
    {
        if (Errno != Errno.None)
            throw new NetlinkException(Errno, what, ExtAck);
    }
}
