using CniPlugins.Linux;

namespace CniPlugins.Netlink;

/// <summary>What carries datagrams to the kernel and back; in unit tests, a kernel made of a function.</summary>
internal interface INetlinkTransport : IDisposable
{
    /// <summary>Our address, which the kernel writes into every reply to us.</summary>
    uint PortId { get; }

    /// <summary>Makes room for one send of so many bytes and for an answer to each of its messages.</summary>
    void Reserve(int bytes, int answers)
    {
    }

    /// <summary>Sends one or more whole messages.</summary>
    Errno Send(ReadOnlySpan<byte> messages);

    /// <summary>Waits for one datagram; the buffer is replaced by a larger one when it would not fit. EAGAIN: the time is up.</summary>
    Errno Receive(ref byte[] buffer, out int length);
}
