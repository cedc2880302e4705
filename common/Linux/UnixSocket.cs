using System.Text;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniPlugins.Linux;

/// <summary>A stream socket with a name in the file system: one end of a connection, or where connections come in.</summary>
internal sealed unsafe class UnixSocket : IDisposable
{
    private const int LongestPath = 107; // sun_path, less its NUL

    private readonly string _path;

    private UnixSocket(SafeFileHandle handle, string path)
    {
        Handle = handle;
        _path = path;
    }

    public SafeFileHandle Handle { get; }

    /// <summary>
    /// A connection to whoever listens; reads and writes wait, a read no longer than the limit. Throws <c>dial unix PATH: connect: cause</c>.
    /// </summary>
    public static UnixSocket Connect(string path, TimeSpan limit)
    {
        var opened = Open(path, 0, $"dial unix {path}");
        try
        {
            var address = AddressOf(path, $"dial unix {path}");
            using var fd = new BorrowedDescriptor(opened.Handle);
            int result;
            do
                result = connect(fd.Number, (sockaddr*)&address, sizeof(sockaddr_un));
            while (Descriptor.IsInterrupted(result));
            if (result < 0)
                throw new LibcException(Libc.LastError, $"dial unix {path}: connect");
            var time = new Libc.timeval { tv_sec = (long)limit.TotalSeconds };
            _ = setsockopt(fd.Number, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(Libc.timeval));
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>A new name to listen at, without waiting; throws <c>listen unix PATH: bind: cause</c> where a file is already.</summary>
    public static UnixSocket Listen(string path, int backlog)
    {
        var opened = Open(path, SOCK_NONBLOCK, $"listen unix {path}");
        try
        {
            var address = AddressOf(path, $"listen unix {path}");
            using var fd = new BorrowedDescriptor(opened.Handle);
            if (bind(fd.Number, (sockaddr*)&address, sizeof(sockaddr_un)) < 0)
                throw new LibcException(Libc.LastError, $"listen unix {path}: bind");
            return listen(fd.Number, backlog) == 0 ? opened : throw new LibcException(Libc.LastError, $"listen unix {path}");
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>A listening socket that somebody else opened, as systemd does, by its descriptor; null when it is none.</summary>
    public static UnixSocket? FindListening(int descriptor)
    {
        var isListening = stackalloc int[1];
        socklen_t size = sizeof(int);
        if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, isListening, &size) < 0 || *isListening == 0)
            return null;
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
        return new(new SafeFileHandle(descriptor, ownsHandle: true), $"descriptor {descriptor}");
    }

    /// <summary>The next connection, which does not wait; null when none is there.</summary>
    public UnixSocket? Accept()
    {
        using var fd = new BorrowedDescriptor(Handle);
        var connection = accept4(fd.Number, null, null, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (connection >= 0)
            return new UnixSocket(new SafeFileHandle(connection, ownsHandle: true), _path);
        return Libc.LastError is var errno and not (Errno.EAGAIN or Errno.EINTR or Errno.ECONNABORTED)
            ? throw new LibcException(errno, $"accept unix {_path}")
            : null;
    }

    /// <summary>What has come, 0 at the end; null when nothing has, or the limit is over.</summary>
    public int? Read(Span<byte> buffer) => Handle.TryRead(buffer, out var count) switch
    {
        Errno.None => count,
        Errno.EAGAIN => null,
        var errno => throw new LibcException(errno, $"read unix {_path}"),
    };

    /// <summary>Sends what the other end has room for; how much that was.</summary>
    public int Write(ReadOnlySpan<byte> data)
    {
        using var fd = new BorrowedDescriptor(Handle);
        fixed (byte* bytes = data)
        {
            int count;
            do
                count = (int)send(fd.Number, bytes, data.Length, MSG_NOSIGNAL);
            while (Descriptor.IsInterrupted(count));
            if (count >= 0)
                return count;
            return Libc.LastError is var errno and not Errno.EAGAIN ? throw new LibcException(errno, $"write unix {_path}") : 0;
        }
    }

    public void Dispose() => Handle.Dispose();

    private static UnixSocket Open(string path, int flags, string what)
    {
        var handle = new SafeFileHandle(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), ownsHandle: true);
        return handle.IsInvalid ? throw new LibcException(Libc.LastError, $"{what}: socket") : new UnixSocket(handle, path);
    }

    private static sockaddr_un AddressOf(string path, string what)
    {
        var address = new sockaddr_un { sun_family = AF_UNIX };
        if (Encoding.UTF8.GetByteCount(path) > LongestPath || path.Contains('\0', StringComparison.Ordinal))
            throw new LibcException(Errno.EINVAL, what);
        Encoding.UTF8.GetBytes(path, new Span<byte>(address.sun_path, LongestPath));
        return address;
    }
}
