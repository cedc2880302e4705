using CniPlugins.Linux;

namespace CniPlugins.Netlink;

/// <summary>The kernel refused a request; the message is <c>what: cause</c>, with the cause in Go's words, as upstream's is.</summary>
internal sealed class NetlinkException(Errno errno, string what, string? extAck = null)
    : Exception($"{what}: {errno.Describe()}"), IErrnoException
{
    public Errno Errno { get; } = errno;

    /// <summary>Nothing was refused: an answer was lost on its way, and what was asked for may have been done.</summary>
    public bool IsUnanswered { get; init; }

    /// <summary>What the kernel added in words (its extended acknowledgement), if it did: a hint for people, never compared.</summary>
    public string? ExtAck { get; } = extAck;

    /// <summary>The kernel's own words where it had any, else what is known about the error number.</summary>
    public string? Hint => ExtAck is { Length: > 0 } words ? words : IErrnoException.HintFor(Errno);

    /// <summary>A reply that contradicts its own lengths, or a width the kernel never used for this attribute.</summary>
    public static NetlinkException Malformed(string what) => new(Errno.EBADMSG, what);
}
