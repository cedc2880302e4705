using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniPlugins.Linux;

/// <summary>One thread that waits for many things: poll(2) for descriptors, and moments of the boot clock.</summary>
/// <remarks>What a step throws is told on stderr, and the loop goes on: one pod's trouble is not another's.</remarks>
internal sealed class EventLoop : IDisposable
{
    private const long LongestWait = 60_000_000_000; // ns; a suspended machine's clocks part

    private readonly Dictionary<int, Action> _watched = [];
    private readonly PriorityQueue<LoopTimer, long> _timers = new();
    private readonly SafeFileHandle _wakeRead;
    private readonly SafeFileHandle _wakeWrite;
    private volatile bool _isStopping;

    public unsafe EventLoop()
    {
        var ends = stackalloc int[2];
        if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
            throw new LibcException(Libc.LastError, "pipe2");
        _wakeRead = new SafeFileHandle(ends[0], ownsHandle: true);
        _wakeWrite = new SafeFileHandle(ends[1], ownsHandle: true);
    }

    /// <summary>CLOCK_BOOTTIME in nanoseconds.</summary>
    public static long Now => BootClock.Nanoseconds;

    /// <summary>Calls something whenever a descriptor can be read or has come to its end.</summary>
    public void Watch(SafeFileHandle handle, Action ready) => _watched[Number(handle)] = ready;

    /// <summary>The end of that; before the descriptor is closed.</summary>
    public void Unwatch(SafeFileHandle handle) => _watched.Remove(Number(handle));

    /// <summary>Calls something once, at a moment or soon after it.</summary>
    public LoopTimer At(long moment, Action due)
    {
        var timer = new LoopTimer(due);
        _timers.Enqueue(timer, moment);
        return timer;
    }

    public LoopTimer After(TimeSpan time, Action due) => At(Now + (long)(time.TotalSeconds * 1e9), due);

    /// <summary>Lets <see cref="Run"/> return; may be called from any thread.</summary>
    public void Stop()
    {
        _isStopping = true;
        _wakeWrite.TryWrite([0], out _);
    }

    public void Run()
    {
        var polls = new pollfd[16];
        while (!_isStopping)
        {
            var count = Wait(ref polls);
            for (var i = 1; i < count && !_isStopping; i++)
            {
                // Whoever was called before may have closed this one.
                if (polls[i].revents != 0 && _watched.TryGetValue(polls[i].fd, out var ready))
                    Guarded(ready);
            }

            while (!_isStopping && _timers.TryPeek(out var timer, out var moment) && (timer.IsCancelled || moment <= Now))
            {
                _timers.Dequeue();
                if (!timer.IsCancelled)
                    Guarded(timer.Due);
            }
        }
    }

    public void Dispose()
    {
        _wakeRead.Dispose();
        _wakeWrite.Dispose();
    }

    private unsafe int Wait(ref pollfd[] polls)
    {
        if (polls.Length <= _watched.Count)
            polls = new pollfd[2 * (_watched.Count + 1)];
        polls[0] = new pollfd { fd = Number(_wakeRead), events = POLLIN };
        var count = 1;
        foreach (var descriptor in _watched.Keys)
            polls[count++] = new pollfd { fd = descriptor, events = POLLIN };
        while (_timers.TryPeek(out var cancelled, out _) && cancelled.IsCancelled)
            _timers.Dequeue();
        var wait = _timers.TryPeek(out _, out var moment) ? Math.Clamp(moment - Now, 0, LongestWait) : LongestWait;
        fixed (pollfd* first = polls)
        {
            // Rounded up: a millisecond too early would be another round.
            if (Libc.poll(first, (ulong)count, (int)((wait + 999_999) / 1_000_000)) >= 0)
                return count;
        }

        return Libc.LastError is Errno.EINTR ? 0 : throw new LibcException(Libc.LastError, "poll");
    }

    [SuppressMessage("Design", "CA1031", Justification = "The loop is what everybody depends on.")]
    private static void Guarded(Action step)
    {
        try
        {
            step();
        }
        catch (Exception e)
        {
            StandardError.WriteLine(e is IErrnoException ? e.Message : e.ToString());
        }
    }

    private static int Number(SafeFileHandle handle) => (int)handle.DangerousGetHandle();
}
