using CniPlugins.Linux;
using CniPlugins.Netlink.Uapi;

namespace CniPlugins.Netlink;

/// <summary>A blocking AF_NETLINK socket; it stays in the network namespace of the thread that opens it.</summary>
internal sealed class KernelTransport : INetlinkTransport
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    // What net.core.wmem_default and rmem_default are where nobody changed them; an answer costs the kernel's bookkeeping beside its bytes.
    private const int DefaultBuffer = 212_992;
    private const int SendOverhead = 32;
    private const int AnswerSize = 1024;

    private readonly KernelSocket _socket;

    public KernelTransport(NETLINK protocol)
    {
        _socket = KernelSocket.OpenNetlink((int)protocol);
        try
        {
            // A kernel without one of them (4.12, 4.20, 4.3) answers in fewer words, dumps more than was asked for, or repeats what it refuses.
            _socket.TrySet((int)NETLINK.EXT_ACK, 1);
            _socket.TrySet((int)NETLINK.GET_STRICT_CHK, 1);
            _socket.TrySet((int)NETLINK.CAP_ACK, 1);
            _socket.WaitAtMost(Limit);

            // Takes a port and ties it to the kernel's: nobody else's datagrams are then let through
            // (netlink_getsockbyportid).
            var address = new sockaddr_nl { nl_family = KernelSocket.NetlinkFamily };
            _socket.Connect(ref address, "connect netlink socket");
            PortId = address.nl_pid;
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    public uint PortId { get; }

    /// <summary>Hears of what the kernel tells a group, from now on.</summary>
    public void Join(int group)
    {
        if (_socket.TrySet((int)NETLINK.ADD_MEMBERSHIP, group) is var errno and not Errno.None)
            throw new LibcException(errno, $"listen to netlink group {group}");
    }

    /// <summary>How long <see cref="Receive(ref byte[], out int)"/> waits from now on.</summary>
    public void WaitAtMost(TimeSpan limit) => _socket.WaitAtMost(limit);

    public void Reserve(int bytes, int answers)
    {
        if (bytes > DefaultBuffer - SendOverhead)
            _socket.ReserveToSend(bytes + SendOverhead);
        if (answers > DefaultBuffer / AnswerSize)
            _socket.ReserveToReceive(answers * AnswerSize);
    }

    public Errno Send(ReadOnlySpan<byte> messages) => _socket.TrySend(messages);

    public Errno Receive(ref byte[] buffer, out int length)
    {
        // What is longer than the buffer would be cut and lost, so the kernel is asked for the length first.
        if (_socket.TryPeek(out length) is var errno and not Errno.None)
            return errno;
        if (length > buffer.Length)
            buffer = GC.AllocateUninitializedArray<byte>(length);
        return _socket.TryReceive(buffer, out length);
    }

    public void Dispose() => _socket.Dispose();
}
