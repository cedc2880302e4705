using System.Text.RegularExpressions;

namespace CniPlugins.Tests.Faults;

/// <summary>One system call of a run: the how-manyth of its name, and what strace printed of it.</summary>
/// <param name="Name">The system call's name.</param>
/// <param name="Occurrence">1 is the thread's first of that name.</param>
/// <param name="IsStart">Whether nothing was read from stdin yet: so far the process cannot know which plugin's verb it is.</param>
/// <param name="IsOwn">Whether the plugin itself makes it; else it is the runtime's start, its memory, or its end.</param>
/// <param name="Text">The call as strace shows it.</param>
internal sealed partial record CallSite(string Name, int Occurrence, bool IsStart, bool IsOwn, string Text)
{
    private static readonly HashSet<string> OfTheRuntime =
    [
        "mmap", "munmap", "mprotect", "madvise", "brk", "futex", "membarrier", "sched_yield", "sched_getaffinity", "rt_sigprocmask", "rt_sigaction", "rt_sigreturn",
        "exit", "exit_group", "gettid", "getpid", "prlimit64", "get_mempolicy", "set_robust_list", "rseq",
    ];

    /// <summary>Whether it is the answer on its way to the caller: when that fails there is nobody to tell.</summary>
    public bool IsAnswer => Name == "write" && Text.StartsWith("write(1,", StringComparison.Ordinal);

    /// <summary>The calls of the process that a log of <c>strace -f -o</c> begins with, in order.</summary>
    public static IReadOnlyList<CallSite> Parse(IEnumerable<string> log)
    {
        var sites = new List<CallSite>();
        var counts = new Dictionary<string, int>();
        var process = "";
        var isStart = true;
        foreach (var line in log)
        {
            var call = Call().Match(line);
            process = process.Length == 0 ? call.Groups[1].Value : process;
            if (!line.StartsWith($"{process} ", StringComparison.Ordinal))
                continue;
            if (call.Success)
            {
                var (name, text) = (call.Groups[3].Value, call.Groups[2].Value);
                counts[name] = counts.GetValueOrDefault(name) + 1;
                isStart &= !text.StartsWith("read(0,", StringComparison.Ordinal);
                sites.Add(new CallSite(name, counts[name], isStart, !isStart && !OfTheRuntime.Contains(name), text[..Math.Min(text.Length, 160)]));
            }

            // A signal interrupted it, and the kernel makes it once more by itself: in the run with the fault no signal may come just then.
            if (IsMadeAgain().IsMatch(line))
            {
                counts[sites[^1].Name]--;
                sites.RemoveAt(sites.Count - 1);
            }
        }

        return sites;
    }

    [GeneratedRegex(@"^(\d+)\s+(([a-z0-9_]+)\(.*)$")]
    private static partial Regex Call();

    // Not ERESTART_RESTARTBLOCK, after which it is restart_syscall(2) that comes.
    [GeneratedRegex(@" = \? ERESTART(?:SYS|NOINTR|NOHAND) ")]
    private static partial Regex IsMadeAgain();
}
