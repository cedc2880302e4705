using Microsoft.Win32.SafeHandles;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniPlugins.Linux;

/// <summary>System calls on descriptors that close themselves; made again when a signal came first (EINTR).</summary>
/// <remarks>They return why they failed; why a handle is invalid is in <see cref="Libc.LastError"/>.</remarks>
internal static unsafe class Descriptor
{
    /// <summary>open(2)</summary>
    public static SafeFileHandle Open(string path, int flags, uint mode = 0)
    {
        fixed (byte* name = CString.Of(path, stackalloc byte[CString.Usual]))
            return OpenIn(AT_FDCWD, name, flags, mode);
    }

    /// <summary>open(2), with what somebody who does not speak C asks for beside an access mode.</summary>
    public static SafeFileHandle Open(string path, int access, OpenFlags flags, uint mode = 0) =>
        Open(path, access | O_CLOEXEC | ToC(flags), mode);

    /// <summary>openat(2)</summary>
    public static SafeFileHandle OpenIn(this SafeFileHandle directory, string path, int flags)
    {
        using var fd = new BorrowedDescriptor(directory);
        fixed (byte* name = CString.Of(path, stackalloc byte[CString.Usual]))
            return OpenIn(fd.Number, name, flags, 0);
    }

    /// <summary>read(2); 0 bytes are the end.</summary>
    public static Errno TryRead(this SafeFileHandle file, Span<byte> buffer, out int count)
    {
        using var fd = new BorrowedDescriptor(file);
        fixed (byte* bytes = buffer)
        {
            do
                count = (int)read(fd.Number, bytes, buffer.Length);
            while (IsInterrupted(count));
            return Failure(count);
        }
    }

    /// <summary>write(2), of as many bytes as go at once.</summary>
    public static Errno TryWrite(this SafeFileHandle file, ReadOnlySpan<byte> buffer, out int count)
    {
        using var fd = new BorrowedDescriptor(file);
        fixed (byte* bytes = buffer)
        {
            do
                count = (int)write(fd.Number, bytes, buffer.Length);
            while (IsInterrupted(count));
            return Failure(count);
        }
    }

    /// <summary>pwrite(2), of all bytes.</summary>
    public static Errno TryWriteAt(this SafeFileHandle file, ReadOnlySpan<byte> buffer, long offset)
    {
        using var fd = new BorrowedDescriptor(file);
        fixed (byte* bytes = buffer)
        {
            for (int done = 0, count; done < buffer.Length; done += Math.Max(count, 0))
            {
                count = (int)pwrite(fd.Number, bytes + done, buffer.Length - done, offset + done);
                if (count < 0 && !IsInterrupted(count))
                    return Libc.LastError;
            }

            return Errno.None;
        }
    }

    /// <summary>ftruncate(2)</summary>
    public static Errno TryTruncate(this SafeFileHandle file, long length)
    {
        using var fd = new BorrowedDescriptor(file);
        int result;
        do
            result = ftruncate(fd.Number, length);
        while (IsInterrupted(result));
        return Failure(result);
    }

    /// <summary>flock(2): the whole file, exclusively, if that is possible at once.</summary>
    public static Errno TryLock(this SafeFileHandle file)
    {
        using var fd = new BorrowedDescriptor(file);
        return Failure(Libc.flock(fd.Number, Libc.LOCK_EX | Libc.LOCK_NB));
    }

    /// <summary>fcntl(2), F_OFD_SETLK: one byte, exclusively, if that is possible at once.</summary>
    public static Errno TryLockByte(this SafeFileHandle file, long offset)
    {
        using var fd = new BorrowedDescriptor(file);
        var one = new flock { l_type = (short)F_WRLCK, l_whence = (short)SEEK_SET, l_start = offset, l_len = 1 };
        return Failure(fcntl(fd.Number, F_OFD_SETLK, &one));
    }

    /// <summary>setns(2) into a network namespace, of the calling thread.</summary>
    public static Errno TryEnter(this SafeFileHandle netns)
    {
        using var fd = new BorrowedDescriptor(netns);
        return Failure(setns(fd.Number, CLONE_NEWNET));
    }

    internal static bool IsInterrupted(int result) => result < 0 && Libc.LastError == Errno.EINTR;

    internal static Errno Failure(int result) => result < 0 ? Libc.LastError : Errno.None;

    private static SafeFileHandle OpenIn(int directory, byte* name, int flags, uint mode)
    {
        int fd;
        do
            fd = openat(directory, name, flags, (ushort)mode);
        while (IsInterrupted(fd));
        return new SafeFileHandle(fd, ownsHandle: true);
    }

    private static int ToC(OpenFlags flags) =>
        (flags.HasFlag(OpenFlags.Create) ? O_CREAT : 0)
        | (flags.HasFlag(OpenFlags.CreateNew) ? O_CREAT | O_EXCL : 0)
        | (flags.HasFlag(OpenFlags.Truncate) ? O_TRUNC : 0)
        | (flags.HasFlag(OpenFlags.Append) ? O_APPEND : 0)
        | (flags.HasFlag(OpenFlags.NoFollow) ? O_NOFOLLOW : 0)
        | (flags.HasFlag(OpenFlags.NonBlocking) ? O_NONBLOCK : 0);
}
