namespace CniPlugins.Linux;

/// <summary>What the signals that end a process do to this one.</summary>
internal static class Termination
{
    /// <summary>What a runtime or a shell sends, to the whole process group, when it has waited long enough.</summary>
    public static ReadOnlySpan<int> Signals => [Libc.SIGTERM, Libc.SIGINT, Libc.SIGHUP];

    /// <summary>
    /// Goes on through SIGTERM, SIGINT and SIGHUP: a clean-up that a runtime's time-out cuts short leaves debris. By SIG_IGN, since .NET's own
    /// registration starts a thread.
    /// </summary>
    public static void Ignore()
    {
        foreach (var signal in Signals)
            _ = Libc.signal(signal, Libc.SIG_IGN);
    }
}
