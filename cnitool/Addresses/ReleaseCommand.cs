using System.CommandLine;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Cnitool.Addresses;

/// <summary><c>cnitool ipam release</c>: gives addresses back that somebody named, or that a check found leaked and that still are.</summary>
internal sealed class ReleaseCommand(StateOptions states, Terminal terminal, TextWriter output, TextWriter error)
{
    private readonly Argument<string[]> _words = new("network, addresses")
    {
        Description = "name of a network in NETCONFPATH, then the addresses to give back",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _report = new("--from-report")
    {
        Description = "release what a check wrote there, as far as it is still so: leaked addresses and handles",
        HelpName = "FILE",
    };

    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "do not ask" };

    public Command Create()
    {
        var command = new Command(
            "release",
            """
            Gives addresses back. On a terminal it asks first; elsewhere it wants --yes. An address that is given back while a pod still uses it
            will be given to another, so look at it first: cnitool ipam show NETWORK --ip ADDRESS.
            Exit code 1 when something of it was not (or no longer) there to be released.

            Example:
              cnitool ipam release pods 10.88.0.7
              cnitool ipam check pods -o report.json; cnitool ipam release pods --from-report report.json --yes
            """) { _words, _report, _yes };
        states.AddTo(command);
        command.SetAction(Release);
        return command;
    }

    private int Release(ParseResult parsed)
    {
        var words = parsed.GetValue(_words) ?? [];
        var hasNetwork = words.Length > 0 && !IpAddress.TryParse(words[0], out _);
        var network = hasNetwork ? words[0] : "";
        if (!hasNetwork && !states.SaysWhere(parsed))
            throw new CniException("release: which network?", "its name comes first; cnitool list shows them");
        using var state = states.Open(parsed, network);
        var addresses = words.Skip(hasNetwork ? 1 : 0).Select(Address).ToList();
        var report = parsed.GetValue(_report);
        if (report is null == (addresses.Count == 0))
            throw new CniException("release: either addresses or --from-report FILE");
        return report is null ? ReleaseAddresses(parsed, state, addresses) : ReleaseReport(parsed, state, report);
    }

    private int ReleaseAddresses(ParseResult parsed, NamedState state, List<IpAddress> addresses)
    {
        var holdings = state.State.Holdings();
        foreach (var address in addresses)
            output.WriteLine(holdings.FirstOrDefault(holding => holding.Address == address) is { } held ? $"{address}: held by {held.Owner}" : $"{address}: not assigned");
        if (!IsWanted(parsed, addresses.Count))
            return 1;
        var exitCode = 0;
        foreach (var address in addresses)
        {
            var released = state.State.Release(address);
            output.WriteLine($"{address}: {(released ? "released" : "nothing to release")}");
            if (!released)
                exitCode = 1;
        }

        return exitCode;
    }

    private int ReleaseReport(ParseResult parsed, NamedState state, string file)
    {
        var report = Report.Parse(DiskFile.Read(file) ?? throw new LibcException(Errno.ENOENT, $"open {file}"), file);
        var found = report.Entries.FirstOrDefault(entry => entry.Network == state.Network && entry.State == state.State.Description)?.Problems
            ?? throw new CniException($"{file} says nothing about {state.Title}", $"it is about {string.Join("; ", report.Entries.Select(entry => $"{entry.Network}: {entry.State}"))}");
        // Only what is wrong still, in the same way: the check of this moment has the last word.
        var living = new LivingAttachments(states.CacheDirectory(parsed), TimeSpan.Zero);
        var now = state.State.Check(living).Select(Identity).ToHashSet();
        var problems = found.Where(problem => problem.IsReleasable && now.Contains(Identity(problem))).ToList();
        foreach (var problem in problems)
            output.WriteLine($"{problem.Subject}: {problem.Kind}: {problem.Message}");
        if (living.DoubtAbout(state.Network, problems) is { Length: > 0 } doubt)
            output.WriteLine(doubt);
        var settled = found.Count(problem => problem.IsReleasable) - problems.Count;
        if (settled > 0)
            output.WriteLine($"{settled} of the report: settled meanwhile, left alone");
        if (problems.Count == 0)
        {
            output.WriteLine("nothing to release");
            return 0;
        }

        if (!IsWanted(parsed, problems.Count))
            return 1;
        var released = problems.Count(state.State.Release);
        output.WriteLine($"{released} released{(released < problems.Count ? $", {problems.Count - released} changed meanwhile" : "")}");
        return released == problems.Count ? 0 : 1;
    }

    private bool IsWanted(ParseResult parsed, int count)
    {
        if (parsed.GetValue(_yes))
            return true;
        if (terminal.Ask is null)
        {
            error.WriteLine("cnitool: nothing was released: nobody is here to be asked; add --yes");
            return false;
        }

        output.Write($"release {(count == 1 ? "it" : "them")}? [y/N] ");
        output.Flush();
        return terminal.Ask()?.Trim().ToUpperInvariant() is "Y" or "YES";
    }

    private static (string, string, string) Identity(Problem problem) => (problem.Kind, problem.Subject, problem.Fingerprint);

    private static IpAddress Address(string text) => IpAddress.TryParse(text, out var address) ? address : throw new CniException($"release: {text} is no IP address");
}
