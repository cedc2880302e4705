using System.Runtime.CompilerServices;
using CniPlugins.Linux;
using CniPlugins.Netlink.Uapi;
using Microsoft.Win32.SafeHandles;

namespace CniPlugins.Netlink;

/// <summary>A blocking AF_NETLINK socket; it stays in the network namespace of the thread that opens it.</summary>
internal sealed class KernelTransport : INetlinkTransport
{
    private const int TimeoutSeconds = 10;

    // What net.core.wmem_default and rmem_default are where nobody changed them; an answer costs the kernel's bookkeeping beside its bytes.
    private const int DefaultBuffer = 212_992;
    private const int SendOverhead = 32;
    private const int AnswerSize = 1024;

    private readonly SafeFileHandle _socket;

    public KernelTransport(NETLINK protocol)
    {
        _socket = Libc.socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, (int)protocol);
        try
        {
            if (_socket.IsInvalid)
                throw new LibcException(Libc.LastError, "open netlink socket");

            // A kernel without one of them (4.12, 4.20, 4.3) answers in fewer words, dumps more than was asked for, or repeats what it refuses.
            Set(Libc.SOL_NETLINK, (int)NETLINK.EXT_ACK, 1);
            Set(Libc.SOL_NETLINK, (int)NETLINK.GET_STRICT_CHK, 1);
            Set(Libc.SOL_NETLINK, (int)NETLINK.CAP_ACK, 1);
            Set(Libc.SOL_SOCKET, Libc.SO_RCVTIMEO, new Libc.timeval { tv_sec = TimeoutSeconds });
            PortId = Connect();
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    public uint PortId { get; }

    public void Reserve(int bytes, int answers)
    {
        if (bytes > DefaultBuffer - SendOverhead)
            Force(Libc.SO_SNDBUFFORCE, Libc.SO_SNDBUF, bytes + SendOverhead);
        if (answers > DefaultBuffer / AnswerSize)
            Force(Libc.SO_RCVBUFFORCE, Libc.SO_RCVBUF, answers * AnswerSize);
    }

    public unsafe Errno Send(ReadOnlySpan<byte> messages)
    {
        fixed (byte* bytes = messages)
        {
            while (Libc.send(_socket, bytes, messages.Length, 0) < 0)
            {
                if (Libc.LastError is var errno and not Errno.EINTR)
                    return errno;
            }
        }

        return Errno.None;
    }

    public Errno Receive(ref byte[] buffer, out int length)
    {
        // What is longer than the buffer would be cut and lost, so the kernel is asked for the length first.
        if (Receive([], Libc.MSG_PEEK | Libc.MSG_TRUNC, out length) is var errno and not Errno.None)
            return errno;
        if (length > buffer.Length)
            buffer = GC.AllocateUninitializedArray<byte>(length);
        return Receive(buffer, 0, out length);
    }

    public void Dispose() => _socket.Dispose();

    private unsafe Errno Receive(Span<byte> buffer, int flags, out int length)
    {
        fixed (byte* bytes = buffer)
        {
            while ((length = (int)Libc.recv(_socket, bytes, buffer.Length, flags)) < 0)
            {
                if (Libc.LastError is var errno and not Errno.EINTR)
                    return errno;
            }
        }

        return Errno.None;
    }

    /// <summary>Beyond the system's limit, which CAP_NET_ADMIN allows; else up to it, and the kernel says so when that is too little.</summary>
    private void Force(int option, int politely, int bytes)
    {
        if (!Set(Libc.SOL_SOCKET, option, bytes))
            Set(Libc.SOL_SOCKET, politely, bytes);
    }

    private unsafe bool Set<T>(int level, int option, T value)
        where T : unmanaged =>
        Libc.setsockopt(_socket, level, option, &value, (uint)Unsafe.SizeOf<T>()) == 0;

    /// <summary>Takes a port and ties it to the kernel's: nobody else's datagrams are then let through (netlink_getsockbyportid).</summary>
    private unsafe uint Connect()
    {
        var address = new sockaddr_nl { nl_family = Libc.AF_NETLINK };
        var size = (uint)Unsafe.SizeOf<sockaddr_nl>();
        int connected;
        do
            connected = Libc.connect(_socket, &address, size);
        while (connected < 0 && Libc.LastError == Errno.EINTR);
        if (connected < 0 || Libc.getsockname(_socket, &address, &size) < 0)
            throw new LibcException(Libc.LastError, "connect netlink socket");
        return address.nl_pid;
    }
}
