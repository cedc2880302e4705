using System.CommandLine;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool.Collection;

/// <summary><c>cnitool gc</c>: takes what dead attachments of a network have left, and says what it took.</summary>
internal sealed class GcCommand(ToolSettings settings, Terminal terminal, TextWriter output, TextWriter error)
{
    private readonly Argument<string> _network = new("network") { Description = "name of a network in NETCONFPATH" };
    private readonly Argument<string?> _netns = UnusedNetns.Create();

    private readonly Option<string[]> _keep = new("--keep")
    {
        Description = "an attachment that stays whatever is known of it; may be repeated",
        HelpName = "CONTAINERID/IFNAME",
    };

    private readonly Option<bool> _dryRun = new("--dry-run", "-n") { Description = "print what would be taken, and take nothing" };
    private readonly Option<bool> _all = new("--all") { Description = "take every attachment that is not kept, living pods' too; asks first" };
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "do not ask" };
    private readonly Option<string[]> _cacheDirectories = CacheDirectories.Option();

    public Command Create()
    {
        var command = new Command(
            "gc",
            """
            Takes what dead attachments of a network have left on this host: cached results, interfaces, rules, host ports, addresses. An attachment lives as
            long as its interface does. Prints a line for each thing it took. What is in no runtime's cache is judged by its own records.

            Example:
              cnitool gc podman --dry-run
            """) { _network, _netns, _keep, _dryRun, _all, _yes, _cacheDirectories };
        command.SetAction(Collect);
        return command;
    }

    private int Collect(ParseResult parsed)
    {
        var started = Math.Min(BootClock.Nanoseconds, settings.Plugins.GcStarted ?? long.MaxValue);
        var list = settings.Network(parsed.GetValue(_network)!, error);
        var kept = Kept(parsed);
        var caches = CacheDirectories.Of(parsed, _cacheDirectories);
        if (list.DisableGc)
        {
            error.WriteLine($"cnitool: {list.Name} says disableGC: nothing is taken");
            return 0;
        }

        Survey Look() => Survey.Of(list, caches, kept, parsed.GetValue(_all));
        var survey = Look();
        foreach (var note in survey.Notes)
            error.WriteLine($"cnitool: {note}");
        if (parsed.GetValue(_dryRun))
        {
            Print(survey.Remnants);
            return 0;
        }

        if (!IsWanted(parsed, survey.Remnants))
            return 1;
        try
        {
            Take(list, caches, survey, started);
        }
        finally
        {
            Report(survey.Remnants, Look().Remnants);
        }

        return survey.Nameless.Count > 0 ? 1 : 0;
    }

    /// <summary>The cached ones of each runtime by DEL; the rest by the plugins' GC, which is told of all that lives.</summary>
    private void Take(NetworkList list, IReadOnlyList<string> caches, Survey survey, long started)
    {
        var runtimes = caches.Select(directory => new NetworkRuntime(settings.Plugins, new ResultCache(directory))).ToList();
        foreach (var runtime in runtimes.Skip(1))
            runtime.Forget(list, survey.Valid, started);
        if (survey.Nameless.Count == 0)
        {
            runtimes[0].Gc(list, survey.Valid, started);
            return;
        }

        runtimes[0].Forget(list, survey.Valid, started);
        error.WriteLine(
            $"cnitool: {string.Join(", ", survey.Nameless)}: lives, is in no runtime's cache, and its name is cut off; plugins cannot be told to spare it, "
            + "so only cached attachments were taken; name it by --keep CONTAINERID/IFNAME");
    }

    private void Report(IReadOnlyList<Remnant> before, IReadOnlyList<Remnant> after)
    {
        var left = after.Select(remnant => (remnant.What, remnant.Owner)).ToHashSet();
        Print([.. before.Where(remnant => !left.Contains((remnant.What, remnant.Owner)))]);
        foreach (var remnant in before.Where(remnant => left.Contains((remnant.What, remnant.Owner))))
            error.WriteLine($"cnitool: {remnant.What} of {remnant.Owner} is still there");
    }

    private void Print(IReadOnlyList<Remnant> remnants)
    {
        foreach (var remnant in remnants)
            output.WriteLine(remnant);
        if (remnants.Count == 0)
            output.WriteLine("nothing to take");
        output.Flush();
    }

    private bool IsWanted(ParseResult parsed, IReadOnlyList<Remnant> remnants)
    {
        if (!parsed.GetValue(_all) || parsed.GetValue(_yes))
            return true;
        if (terminal.Ask is null)
        {
            error.WriteLine("cnitool: nothing was taken: --all takes living pods' networks, and nobody is here to be asked; add --yes");
            return false;
        }

        Print(remnants);
        output.Write("take all of this, living pods' networks too? [y/N] ");
        output.Flush();
        return terminal.Ask()?.Trim().ToUpperInvariant() is "Y" or "YES";
    }

    private IReadOnlyList<Cni.Attachment> Kept(ParseResult parsed) =>
        [.. (parsed.GetValue(_keep) ?? []).Select(text => text.Split('/') is [{ Length: > 0 } id, { Length: > 0 } ifName]
            ? new Cni.Attachment(id, ifName)
            : throw new CniException($"--keep {text}: expected CONTAINERID/IFNAME"))];
}
