using System.Diagnostics;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniPlugins.Linux;

/// <summary>What a child process left: its exit status (128 + signal when killed) and all it wrote.</summary>
internal sealed record ChildProcess(int ExitCode, byte[] Output, byte[] Error)
{
    private const int TextBusyTries = 6;

    // Longer than a runtime waits for a pod (the kubelet: four minutes): whoever takes longer than this has nobody left to answer to.
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Runs a program to its end with the given arguments, environment (<c>NAME=value</c>) and standard input; throws <see cref="LibcException"/>
    /// when it cannot be started. A program being replaced at that moment (ETXTBSY) is tried again for a few seconds. One that does not end within the limit
    /// (five minutes) is killed: <see cref="TimeoutException"/>.
    /// </summary>
    /// <remarks>By posix_spawn: System.Diagnostics.Process would start threads, of which a plugin has none.</remarks>
    public static unsafe ChildProcess Run(
        string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, ReadOnlySpan<byte> input, TimeSpan? limit = null)
    {
        using var stdin = Pipe.Create();
        using var stdout = Pipe.Create();
        using var stderr = Pipe.Create();
        var pid = Spawn(path, [path, .. arguments], environment, stdin.Reader, stdout.Writer, stderr.Writer);
        stdin.Reader.Dispose();
        stdout.Writer.Dispose();
        stderr.Writer.Dispose();

        var deadline = new Deadline(path, limit ?? DefaultLimit);
        try
        {
            var (output, error) = Converse(stdin.Writer, input, stdout.Reader, stderr.Reader, deadline);
            var status = Await(pid, deadline);
            var signal = status & 0x7f;
            return new ChildProcess(signal == 0 ? (status >> 8) & 0xff : 128 + signal, output, error);
        }
        catch
        {
            // Nobody would wait for it any more, and what it does would come after what is done next.
            int status;
            _ = kill(pid, SIGKILL);
            _ = Libc.waitpid(pid, &status, 0);
            throw;
        }
    }

    private static unsafe int Await(int pid, Deadline deadline)
    {
        int status;
        for (var pause = 100; Libc.waitpid(pid, &status, Libc.WNOHANG) is var ended and <= 0; pause = Math.Min(pause * 2, 20_000))
        {
            if (ended < 0 && Libc.LastError != Errno.EINTR)
                throw new LibcException(Libc.LastError, "wait for a child");
            _ = deadline.Milliseconds;
            Sleep.For(TimeSpan.FromMicroseconds(pause));
        }

        return status;
    }

    private static unsafe int Spawn(
        string path, string[] arguments, IReadOnlyList<string> environment, SafeFileHandle stdin, SafeFileHandle stdout, SafeFileHandle stderr)
    {
        Libc.posix_spawn_file_actions_t actions;
        Libc.posix_spawnattr_t attributes;
        sigset_t all;
        _ = Libc.posix_spawn_file_actions_init(&actions);
        _ = Libc.posix_spawnattr_init(&attributes);
        try
        {
            // What .NET ignores (SIGPIPE) the child would ignore too. What DEL ignores it shall: a clean-up is not to be cut short in its middle either.
            _ = sigfillset(&all);
            foreach (var signal in Termination.Signals)
                _ = sigdelset(&all, signal);
            _ = Libc.posix_spawnattr_setsigdefault(&attributes, &all);
            _ = Libc.posix_spawnattr_setflags(&attributes, Libc.POSIX_SPAWN_SETSIGDEF);
            _ = Libc.posix_spawn_file_actions_adddup2(&actions, (int)stdin.DangerousGetHandle(), STDIN_FILENO);
            _ = Libc.posix_spawn_file_actions_adddup2(&actions, (int)stdout.DangerousGetHandle(), STDOUT_FILENO);
            _ = Libc.posix_spawn_file_actions_adddup2(&actions, (int)stderr.DangerousGetHandle(), STDERR_FILENO);

            fixed (byte* text = Pack(arguments, out var argumentOffsets), variables = Pack(environment, out var variableOffsets))
            {
                var argv = stackalloc byte*[arguments.Length + 1];
                Point(argv, text, argumentOffsets);
                var envp = stackalloc byte*[environment.Count + 1];
                Point(envp, variables, variableOffsets);
                for (var attempt = 1; ; attempt++)
                {
                    int pid;
                    var errno = (Errno)Libc.posix_spawn(&pid, path, &actions, &attributes, argv, envp);
                    if (errno == Errno.None)
                        return pid;
                    if (errno != Errno.ETXTBSY || attempt == TextBusyTries)
                        throw new LibcException(errno, $"fork/exec {path}");
                    Sleep.For(TimeSpan.FromSeconds(1));
                }
            }
        }
        finally
        {
            _ = Libc.posix_spawn_file_actions_destroy(&actions);
            _ = Libc.posix_spawnattr_destroy(&attributes);
        }
    }

    /// <summary>All strings in one buffer, each ended by a NUL; argv and envp then point into it.</summary>
    private static byte[] Pack(IReadOnlyList<string> strings, out int[] offsets)
    {
        offsets = new int[strings.Count];
        var length = 0;
        for (var i = 0; i < strings.Count; i++)
        {
            offsets[i] = length;
            length += Encoding.UTF8.GetByteCount(strings[i]) + 1;
        }

        var packed = new byte[Math.Max(length, 1)];
        for (var i = 0; i < strings.Count; i++)
            Encoding.UTF8.GetBytes(strings[i], packed.AsSpan(offsets[i]));
        return packed;
    }

    private static unsafe void Point(byte** to, byte* packed, int[] offsets)
    {
        for (var i = 0; i < offsets.Length; i++)
            to[i] = packed + offsets[i];
        to[offsets.Length] = null;
    }

    /// <summary>Feeds and drains all three pipes together, so that neither side ever waits for a full one.</summary>
    private static unsafe (byte[] Output, byte[] Error) Converse(
        SafeFileHandle stdin, ReadOnlySpan<byte> input, SafeFileHandle stdout, SafeFileHandle stderr, Deadline deadline)
    {
        var output = new MemoryStream();
        var error = new MemoryStream();
        var polls = stackalloc pollfd[3];
        polls[0] = new() { fd = (int)stdin.DangerousGetHandle(), events = POLLOUT };
        polls[1] = new() { fd = (int)stdout.DangerousGetHandle(), events = POLLIN };
        polls[2] = new() { fd = (int)stderr.DangerousGetHandle(), events = POLLIN };
        while (polls[0].fd >= 0 || polls[1].fd >= 0 || polls[2].fd >= 0)
        {
            if (polls[0].fd >= 0 && input.IsEmpty)
            {
                stdin.Dispose();
                polls[0].fd = -1;
                continue;
            }

            if (Libc.poll(polls, 3, deadline.Milliseconds) is var ready and <= 0)
            {
                if (ready < 0 && Libc.LastError != Errno.EINTR)
                    throw new LibcException(Libc.LastError, "poll");
                continue; // the events are those of the time before
            }

            if (polls[0].fd >= 0 && polls[0].revents != 0)
                input = Feed(stdin, input);
            if (polls[1].fd >= 0 && polls[1].revents != 0 && !Drain(stdout, output))
                polls[1].fd = -1;
            if (polls[2].fd >= 0 && polls[2].revents != 0 && !Drain(stderr, error))
                polls[2].fd = -1;
        }

        return (output.ToArray(), error.ToArray());
    }

    /// <summary>Writes at most what a pipe takes without blocking; a child that stopped reading (EPIPE) has had enough. Anything else would be half an input.</summary>
    private static ReadOnlySpan<byte> Feed(SafeFileHandle stdin, ReadOnlySpan<byte> input)
    {
        const int PipeBuf = 4096;
        return stdin.TryWrite(input[..Math.Min(input.Length, PipeBuf)], out var count) switch
        {
            Errno.None => input[count..],
            Errno.EAGAIN => input,
            Errno.EPIPE => [],
            var errno => throw new LibcException(errno, "write to a child"),
        };
    }

    private static bool Drain(SafeFileHandle from, MemoryStream to)
    {
        Span<byte> buffer = stackalloc byte[4096];
        switch (from.TryRead(buffer, out var count))
        {
            case Errno.None:
                to.Write(buffer[..count]);
                return count > 0;
            case Errno.EAGAIN:
                return true;
            case var errno:
                // Half an output says the opposite of what it means.
                throw new LibcException(errno, "read from a child");
        }
    }

    /// <summary>When a child has to have ended.</summary>
    private sealed class Deadline(string path, TimeSpan limit)
    {
        private readonly long _started = Stopwatch.GetTimestamp();

        /// <summary>What is left; throws when nothing is.</summary>
        public int Milliseconds => limit - Stopwatch.GetElapsedTime(_started) is var left && left > TimeSpan.Zero
            ? (int)Math.Ceiling(left.TotalMilliseconds)
            : throw new TimeoutException($"{path} has not ended within {limit.TotalSeconds} s and was killed");
    }

    private sealed class Pipe(SafeFileHandle reader, SafeFileHandle writer) : IDisposable
    {
        public SafeFileHandle Reader { get; } = reader;
        public SafeFileHandle Writer { get; } = writer;

        public static unsafe Pipe Create()
        {
            var fds = stackalloc int[2];
            return pipe2(fds, O_CLOEXEC) < 0
                ? throw new LibcException(Libc.LastError, "pipe")
                : new Pipe(new SafeFileHandle(fds[0], ownsHandle: true), new SafeFileHandle(fds[1], ownsHandle: true));
        }

        public void Dispose()
        {
            Reader.Dispose();
            Writer.Dispose();
        }
    }
}
