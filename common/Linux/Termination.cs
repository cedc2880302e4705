namespace CniPlugins.Linux;

/// <summary>What the signals that end a process do to this one.</summary>
internal static class Termination
{
    /// <summary>
    /// Goes on through SIGTERM, SIGINT and SIGHUP: a clean-up that a runtime's time-out cuts short leaves debris. By SIG_IGN, since .NET's own
    /// registration starts a thread.
    /// </summary>
    public static void Ignore()
    {
        foreach (var signal in (ReadOnlySpan<int>)[Libc.SIGTERM, Libc.SIGINT, Libc.SIGHUP])
            _ = Libc.signal(signal, Libc.SIG_IGN);
    }
}
