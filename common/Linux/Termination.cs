using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniPlugins.Linux;

/// <summary>What the signals that end a process do to this one.</summary>
internal static class Termination
{
    /// <summary>What a runtime or a shell sends, to the whole process group, when it has waited long enough.</summary>
    public static IReadOnlyList<int> Signals { get; } = [SIGTERM, SIGINT, SIGHUP];

    /// <summary>
    /// Goes on through SIGTERM, SIGINT and SIGHUP: a clean-up that a runtime's time-out cuts short leaves debris. By SIG_IGN, since .NET's own
    /// registration starts a thread.
    /// </summary>
    public static unsafe void Ignore()
    {
        var ignore = new sigaction { sa_handler = SIG_IGN };
        foreach (var signal in Signals)
            _ = sigaction(signal, &ignore, null);
    }
}
