using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace CniPlugins.Linux;

/// <summary>An exclusive lock on a file or on one byte of it, held until disposed; the kernel drops it when the process dies.</summary>
/// <remarks>
/// flock(2) for a whole file: upstream's processes take the same lock with flock, and fcntl's do not see it. An open file description lock for a byte: one file
/// has as many of them as there are offsets, wherever it ends, and flock does not see them, so that it may serve both.
/// </remarks>
internal sealed class FileLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <summary>
    /// Takes the lock, creating its file; throws <see cref="TimeoutException"/> when another process holds it for longer than the limit, and
    /// <see cref="LibcException"/> when the file cannot be opened.
    /// </summary>
    public static FileLock Take(string path, uint mode, TimeSpan limit)
    {
        var file = Open(path, O_CREAT | O_RDONLY | O_CLOEXEC, mode)
            ?? throw new LibcException(Errno.ENOENT, $"open {path}");
        Await(file, path, limit, file.TryLock);
        return new FileLock(file);
    }

    /// <summary>The same of a file that is there, whatever it is: a namespace's, which upstream's sbr locks.</summary>
    public static FileLock TakeExisting(string path, TimeSpan limit)
    {
        var file = Descriptor.Open(path, O_RDONLY | O_CLOEXEC);
        if (file.IsInvalid)
            throw new LibcException(Libc.LastError, $"open {path}");
        Await(file, path, limit, file.TryLock);
        return new FileLock(file);
    }

    /// <summary>
    /// Takes the lock of a byte, as the other does; null when there is no file, unless a mode is given to create it with. The programs that this process starts
    /// meanwhile inherit it: when the process dies, the kernel drops it with the last of them.
    /// </summary>
    public static FileLock? TakeByte(string path, long offset, uint? mode, TimeSpan limit)
    {
        if (Open(path, O_RDWR | (mode is null ? 0 : O_CREAT), mode ?? 0) is not { } file)
            return null;
        Await(file, path, limit, () => file.TryLockByte(offset));
        return new FileLock(file);
    }

    public void Dispose() => _file.Dispose();

    private static SafeFileHandle? Open(string path, int flags, uint mode)
    {
        var file = Descriptor.Open(path, flags | O_NOFOLLOW, mode);
        if (!file.IsInvalid)
            return file;
        var errno = Libc.LastError;
        file.Dispose();
        return errno is Errno.ENOENT ? null : throw new LibcException(errno, $"open {path}");
    }

    private static void Await(SafeFileHandle file, string path, TimeSpan limit, Func<Errno> attempt)
    {
        var started = Stopwatch.GetTimestamp();
        for (var pause = 200; attempt() is var errno and not Errno.None; pause = Math.Min(pause * 2, 4000))
        {
            if (errno is Errno.EAGAIN or Errno.EINTR && Stopwatch.GetElapsedTime(started) < limit)
            {
                Sleep.For(TimeSpan.FromMicroseconds(pause + Environment.ProcessId % 128));
                continue;
            }

            file.Dispose();
            throw errno is Errno.EAGAIN or Errno.EINTR
                ? new TimeoutException($"lock {path} is held by another process (waited {limit.TotalSeconds:0} s)")
                : new LibcException(errno, $"lock {path}");
        }
    }
}
