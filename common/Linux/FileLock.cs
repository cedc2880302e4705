using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace CniPlugins.Linux;

/// <summary>An exclusive flock(2) on a lock file, held until disposed; the kernel drops it when the process dies.</summary>
/// <remarks>flock and not fcntl: upstream's processes take the same lock with flock, and the two do not see each other.</remarks>
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
        var file = Libc.open(path, Libc.O_CREAT | Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, mode);
        if (file.IsInvalid)
        {
            var errno = Libc.LastError;
            file.Dispose();
            throw new LibcException(errno, $"open {path}");
        }

        var started = Stopwatch.GetTimestamp();
        for (var pause = 200; Libc.flock(file, Libc.LOCK_EX | Libc.LOCK_NB) < 0; pause = Math.Min(pause * 2, 4000))
        {
            var errno = Libc.LastError;
            if (errno is Errno.EAGAIN or Errno.EINTR && Stopwatch.GetElapsedTime(started) < limit)
            {
                Thread.Sleep(TimeSpan.FromMicroseconds(pause + Environment.ProcessId % 128));
                continue;
            }

            file.Dispose();
            throw errno is Errno.EAGAIN or Errno.EINTR
                ? new TimeoutException($"lock {path} is held by another process (waited {limit.TotalSeconds:0} s)")
                : new LibcException(errno, $"lock {path}");
        }

        return new FileLock(file);
    }

    public void Dispose() => _file.Dispose();
}
