using Microsoft.Win32.SafeHandles;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniPlugins.Linux;

/// <summary>An open descriptor as a stream: read(2) and write(2) at the place where the descriptor is, unbuffered; it stays open.</summary>
/// <remarks>
/// FileStream keeps an offset of its own and writes with pwrite(2): when stdout is a file that somebody else appends to as well, the two overwrite
/// each other.
/// </remarks>
internal sealed class DescriptorStream(int descriptor, string path) : Stream
{
    private readonly SafeFileHandle _handle = new(descriptor, ownsHandle: false);

    public static DescriptorStream StandardInput() => new(STDIN_FILENO, "/dev/stdin");

    public static DescriptorStream StandardOutput() => new(STDOUT_FILENO, "/dev/stdout");

    public static DescriptorStream StandardError() => new(STDERR_FILENO, "/dev/stderr");

    /// <summary>
    /// Takes those of the descriptors 0, 1 and 2 that are closed: the next file or socket that is opened would be one of them, and be read as the standard
    /// input or written on. Reading the first and writing on the second still fails (EBADF); what is written on the third goes nowhere.
    /// </summary>
    public static void OccupyStandardStreams()
    {
        while (true)
        {
            var lowest = Descriptor.Open("/dev/null", O_WRONLY);
            if (lowest.DangerousGetHandle() == STDOUT_FILENO)
            {
                lowest.Dispose();
                lowest = Descriptor.Open("/dev/null", O_RDONLY); // the same number
            }

            if (lowest.IsInvalid || lowest.DangerousGetHandle() > STDERR_FILENO)
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

    public override int Read(Span<byte> buffer)
    {
        int count;
        while (_handle.TryRead(buffer, out count) is var failure and not Errno.None)
            Await(failure, POLLIN, "read");
        return count;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (_handle.TryWrite(buffer, out var count) is var failure and not Errno.None)
                Await(failure, POLLOUT, "write");
            else
                buffer = buffer[count..];
        }
    }

    /// <summary>After a call that failed: returns when it may be made again; throws for any other failure.</summary>
    /// <remarks>Whoever shares the other end of a pipe can make it non-blocking for everybody.</remarks>
    private unsafe void Await(Errno failure, short events, string verb)
    {
        if (failure is not Errno.EAGAIN)
            throw new LibcException(failure, $"{verb} {path}");
        var poll = new pollfd { fd = descriptor, events = events };
        _ = Libc.poll(&poll, 1, -1);
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
