using System.CommandLine;
using System.Globalization;
using System.Text;
using CniPlugins.Linux;

namespace CniPlugins.Cnitool.Addresses;

/// <summary><c>cnitool ipam check</c>: every address, handle or block that should not be as it is.</summary>
internal sealed class CheckCommand(StateOptions states, Terminal terminal, TextWriter output)
{
    private readonly Argument<string?> _network = new("network") { Description = "name of a network in NETCONFPATH (default: all)", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _report = new("--output", "-o") { Description = "also write what was found into a file, for release --from-report", HelpName = "FILE" };
    private readonly Option<int> _grace = new("--grace")
    {
        Description = "addresses younger than this are not missed by their runtime: ADD may be under way",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 60,
    };

    private readonly Option<bool> _json = new("--json") { Description = "print the report instead of text" };

    public Command Create()
    {
        var command = new Command(
            "check",
            """
            Finds addresses that nobody uses any more, addresses in use that are not reserved, and state that contradicts itself; exit code 1
            when there are any. Changes nothing. Who lives on this node is read from the container runtime's result cache.

            Example:
              cnitool ipam check pods --output report.json
            """) { _network, _report, _grace, _json };
        states.AddTo(command);
        command.SetAction(Check);
        return command;
    }

    private int Check(ParseResult parsed)
    {
        var living = new LivingAttachments(states.CacheDirectory(parsed), TimeSpan.FromSeconds(parsed.GetValue(_grace)));
        var findings = new List<Report.Entry>();
        var opened = states.OpenNamedOrAll(parsed, parsed.GetValue(_network));
        foreach (var state in opened)
        {
            using (state)
                findings.Add(new Report.Entry(state.Network, state.State.Description, state.State.Check(living)));
        }

        var report = new Report(findings);
        if (parsed.GetValue(_report) is { } file)
            DiskFile.Write(file, report.ToBytes(), 0x180 /* 0600 */);
        if (parsed.GetValue(_json))
            output.WriteLine(Encoding.UTF8.GetString(report.ToBytes()));
        else
            Write(report, living);
        return report.Entries.Any(entry => entry.Problems.Count > 0) ? 1 : 0;
    }

    private void Write(Report report, LivingAttachments living)
    {
        foreach (var entry in report.Entries)
        {
            output.WriteLine(entry.Network.Length == 0 ? entry.State : $"{entry.Network}: {entry.State}");
            foreach (var kind in entry.Problems.GroupBy(problem => problem.Kind))
            {
                output.WriteLine($"  {Coloured(kind.Key)}: {kind.Count().ToString(CultureInfo.InvariantCulture)}");
                foreach (var problem in kind)
                    output.WriteLine($"    {problem.Subject}: {problem.Message}");
            }

            if (living.DoubtAbout(entry.Network, entry.Problems) is { Length: > 0 } doubt)
                output.WriteLine(doubt);
        }

        if (!living.AreKnown)
            output.WriteLine("the runtime's result cache is not there, so nothing can be said about addresses that nobody uses any more");
        var count = report.Entries.Sum(entry => entry.Problems.Count);
        output.WriteLine(count switch { 0 => "no problems", 1 => "1 problem", _ => $"{count} problems" });
    }

    private string Coloured(string text) => terminal.HasColour ? $"\u001b[31m{text}\u001b[0m" : text;
}
