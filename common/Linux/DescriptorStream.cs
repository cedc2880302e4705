using Microsoft.Win32.SafeHandles;

namespace CniPlugins.Linux;

/// <summary>An open descriptor as a stream: read(2) and write(2) at the place where the descriptor is, unbuffered; it stays open.</summary>
/// <remarks>
/// FileStream keeps an offset of its own and writes with pwrite(2): when stdout is a file that somebody else appends to as well, the two overwrite
/// each other.
/// </remarks>
internal sealed class DescriptorStream(int descriptor, string path) : Stream
{
    private readonly SafeFileHandle _handle = new(descriptor, ownsHandle: false);

    /// <summary>
    /// Takes those of the descriptors 0, 1 and 2 that are closed: the next file or socket that is opened would be one of them, and be read as the standard
    /// input or written on. Reading the first and writing on the second still fails (EBADF); what is written on the third goes nowhere.
    /// </summary>
    public static void OccupyStandardStreams()
    {
        while (true)
        {
            var lowest = Libc.open("/dev/null", Libc.O_WRONLY, 0);
            if (lowest.DangerousGetHandle() == Libc.STDOUT_FILENO)
            {
                lowest.Dispose();
                lowest = Libc.open("/dev/null", Libc.O_RDONLY, 0); // the same number
            }

            if (lowest.IsInvalid || lowest.DangerousGetHandle() > Libc.STDERR_FILENO)
            {
                lowest.Dispose();
                return;
            }

            lowest.SetHandleAsInvalid(); // stays open
        }
    }

    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override unsafe int Read(Span<byte> buffer)
    {
        while (true)
        {
            nint count;
            fixed (byte* bytes = buffer)
                count = Libc.read(_handle, bytes, buffer.Length);
            if (count >= 0)
                return (int)count;
            Await(Libc.POLLIN, "read");
        }
    }

    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint count;
            fixed (byte* bytes = buffer)
                count = Libc.write(_handle, bytes, buffer.Length);
            if (count >= 0)
                buffer = buffer[(int)count..];
            else
                Await(Libc.POLLOUT, "write");
        }
    }

    /// <summary>After a call that failed: returns when it may be made again, which it may at once after a signal; throws for any other failure.</summary>
    /// <remarks>Whoever shares the other end of a pipe can make it non-blocking for everybody.</remarks>
    private unsafe void Await(short events, string verb)
    {
        var errno = Libc.LastError;
        if (errno is Errno.EAGAIN)
        {
            var poll = new Libc.pollfd { fd = descriptor, events = events };
            _ = Libc.poll(&poll, 1, -1);
        }
        else if (errno is not Errno.EINTR)
        {
            throw new LibcException(errno, $"{verb} {path}");
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _handle.Dispose(); // which does not own the descriptor
        base.Dispose(disposing);
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
