using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniPlugins.Linux;

/// <summary>A socket to ask the kernel by; it stays in the network namespace of the thread that opens it.</summary>
internal sealed unsafe class KernelSocket : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly int _level;

    private KernelSocket(SafeFileHandle handle, int level)
    {
        _handle = handle;
        _level = level;
    }

    /// <summary>AF_NETLINK, for <c>struct sockaddr_nl</c>.</summary>
    public static ushort NetlinkFamily => (ushort)(int)AF_NETLINK;

    /// <summary>A netlink socket of a protocol, with SOL_NETLINK's options; throws <see cref="LibcException"/>.</summary>
    public static KernelSocket OpenNetlink(int protocol) =>
        Open(AF_NETLINK, protocol, SOL_NETLINK, "open netlink socket");

    /// <summary>A raw socket, with the options of its IP version; throws <see cref="LibcException"/>.</summary>
    public static KernelSocket OpenRaw(bool isV6) =>
        Open(isV6 ? AF_INET6 : AF_INET, IPPROTO_RAW, isV6 ? IPPROTO_IPV6 : IPPROTO_IP, "open a raw socket");

    /// <summary>SO_NETNS_COOKIE of the calling thread's network namespace; null from a kernel before 5.14.</summary>
    public static ulong? FindNetnsCookie()
    {
        using var handle = Open(AF_NETLINK, 0);
        var cookie = 0UL;
        return TryGet(handle, SOL_SOCKET, Libc.SO_NETNS_COOKIE, &cookie, sizeof(ulong)) is Errno.None ? cookie : null;
    }

    /// <summary>Sets an option of the socket's own level.</summary>
    public Errno TrySet(int option, int value) => TrySet(_level, option, value);

    /// <summary>Reads an option of the socket's own level, whose value may also be the question.</summary>
    public Errno TryGet(int option, Span<byte> value)
    {
        fixed (byte* bytes = value)
            return TryGet(_handle, _level, option, bytes, value.Length);
    }

    /// <summary>SO_RCVTIMEO: how long an answer is waited for, a microsecond at least, for none is for ever.</summary>
    public void WaitAtMost(TimeSpan time) => TrySet(SOL_SOCKET, SO_RCVTIMEO, new Libc.timeval
    {
        tv_sec = (long)time.TotalSeconds,
        tv_usec = time.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond + (time.TotalSeconds < 1 ? 1 : 0),
    });

    /// <summary>
    /// Room for what is sent: beyond the system's limit, which CAP_NET_ADMIN allows; else up to it, and the kernel says so
    /// when that is too little.
    /// </summary>
    public void ReserveToSend(int bytes) => Force(SO_SNDBUFFORCE, SO_SNDBUF, bytes);

    /// <summary>Room for what is received, likewise.</summary>
    public void ReserveToReceive(int bytes) => Force(SO_RCVBUFFORCE, SO_RCVBUF, bytes);

    /// <summary>
    /// connect(2) to an address, in whose place getsockname(2) then puts the socket's own; throws <see cref="LibcException"/>.
    /// </summary>
    public void Connect<T>(ref T address, string what)
        where T : unmanaged
    {
        using var fd = new BorrowedDescriptor(_handle);
        fixed (T* place = &address)
        {
            socklen_t size = Unsafe.SizeOf<T>();
            int result;
            do
                result = connect(fd.Number, (sockaddr*)place, size);
            while (Descriptor.IsInterrupted(result));
            if (result < 0 || getsockname(fd.Number, (sockaddr*)place, &size) < 0)
                throw new LibcException(Libc.LastError, what);
        }
    }

    public Errno TrySend(ReadOnlySpan<byte> datagram)
    {
        using var fd = new BorrowedDescriptor(_handle);
        fixed (byte* bytes = datagram)
        {
            int result;
            do
                result = (int)send(fd.Number, bytes, datagram.Length, 0);
            while (Descriptor.IsInterrupted(result));
            return Descriptor.Failure(result);
        }
    }

    /// <summary>The next datagram; what is longer than the buffer would be cut and lost.</summary>
    public Errno TryReceive(Span<byte> buffer, out int length) => TryReceive(buffer, 0, out length);

    /// <summary>How long the next datagram is, which stays where it is.</summary>
    public Errno TryPeek(out int length) => TryReceive([], MSG_PEEK | MSG_TRUNC, out length);

    public void Dispose() => _handle.Dispose();

    private static KernelSocket Open(int family, int protocol, int level, string what)
    {
        var handle = Open(family, protocol);
        if (!handle.IsInvalid)
            return new KernelSocket(handle, level);
        var failure = Libc.LastError;
        handle.Dispose();
        throw new LibcException(failure, what);
    }

    private static SafeFileHandle Open(int family, int protocol) =>
        new(socket(family, SOCK_RAW | SOCK_CLOEXEC, protocol), ownsHandle: true);

    private static Errno TryGet(SafeFileHandle handle, int level, int option, void* value, socklen_t size)
    {
        using var fd = new BorrowedDescriptor(handle);
        return Descriptor.Failure(getsockopt(fd.Number, level, option, value, &size));
    }

    private Errno TrySet<T>(int level, int option, T value)
        where T : unmanaged
    {
        using var fd = new BorrowedDescriptor(_handle);
        return Descriptor.Failure(setsockopt(fd.Number, level, option, &value, Unsafe.SizeOf<T>()));
    }

    private void Force(int option, int politely, int bytes)
    {
        if (TrySet(SOL_SOCKET, option, bytes) is not Errno.None)
            TrySet(SOL_SOCKET, politely, bytes);
    }

    private Errno TryReceive(Span<byte> buffer, int flags, out int length)
    {
        using var fd = new BorrowedDescriptor(_handle);
        fixed (byte* bytes = buffer)
        {
            do
                length = (int)recv(fd.Number, bytes, buffer.Length, flags);
            while (Descriptor.IsInterrupted(length));
            return Descriptor.Failure(length);
        }
    }
}
