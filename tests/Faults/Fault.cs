namespace CniPlugins.Tests.Faults;

/// <summary>What goes wrong at a system call: the process is killed before it, it fails, or its answer comes late.</summary>
/// <param name="Site">Where.</param>
/// <param name="Kind"><c>KILL</c>, an errno's name, or <c>late</c>.</param>
internal sealed record Fault(CallSite Site, string Kind)
{
    public const string Kill = "KILL";
    public const string Late = "late";

    /// <summary>Every errno that the plugin's own calls fail with.</summary>
    public static readonly IReadOnlyList<string> Errors = ["ENOMEM", "ENOSPC", "EIO", "EINTR", "EAGAIN", "ENOBUFS", "EBUSY", "EPERM"];

    // What the runtime's own calls fail with: the property is no debris, whatever becomes of the process.
    private static readonly string[] ErrorsOfTheRuntime = ["ENOMEM", "EINTR"];

    public bool IsKill => Kind == Kill;

    /// <summary>Whether the answer has to be in order; what becomes of a process whose runtime fails is listed apart.</summary>
    public bool Counts => IsKill || Site.IsOwn;

    /// <summary>Whether the plugin is there still to take back what it made, and has somebody to tell that it failed.</summary>
    public bool LeavesTheWordToThePlugin => !IsKill && Site.IsOwn && !Site.IsAnswer;

    /// <summary>Whether a line of strace's log is of the call that failed or was late.</summary>
    public bool IsMarkedIn(string line) => line.EndsWith(Kind == Late ? "(DELAYED)" : "(INJECTED)", StringComparison.Ordinal);

    /// <summary>strace -e inject=…</summary>
    public string Injection => $"inject={Site.Name}:{Effect}:when={Site.Occurrence}";

    private string Effect => Kind switch
    {
        Kill => "signal=SIGKILL",
        Late => "delay_exit=30000",
        _ => $"error={Kind}",
    };

    /// <summary>All that can go wrong in a run; before execve(2) it is not yet one of a plugin.</summary>
    public static IEnumerable<Fault> Of(IReadOnlyList<CallSite> sites)
    {
        foreach (var site in sites.Where(site => site.Name != "execve"))
        {
            yield return new Fault(site, Kill);
            // close(2) lets go of the descriptor whatever it says, which strace cannot imitate; the others have nobody left to tell.
            if (site.Name is "exit_group" or "close")
                continue;
            foreach (var error in site.IsOwn ? Errors : ErrorsOfTheRuntime)
                yield return new Fault(site, error);
            if (site is { IsOwn: true, Name: "recvfrom" })
                yield return new Fault(site, Late);
        }
    }

    public override string ToString() => $"{Kind} at {Site.Name} {Site.Occurrence}: {Site.Text}";
}
