using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text;
using CniPlugins.Cnitool.Collection;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool.Tracing;

/// <summary><c>cnitool trace VERB</c>, and <c>--verbose</c> of a verb: what each plugin was asked and answered, and how long it took.</summary>
internal sealed class TraceCommand(ToolSettings settings, TextWriter output, TextWriter error)
{
    private readonly Option<bool> _json = new("--json") { Description = "print the calls as JSON" };
    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "say on stderr what each plugin was asked and answered, and how long it took" };

    public Command Create()
    {
        // What the verbs print is in the trace; what they say of failures is for stderr.
        var quiet = new NetworkCommands(settings, TextWriter.Null, error);
        Command[] verbs =
        [
            quiet.Add(), quiet.Check(), quiet.Del(), quiet.Status(), new GcCommand(settings, Terminal.None, TextWriter.Null, error).Create(),
        ];
        var command = new Command(
            "trace",
            """
            Does what the verb does, and prints for every plugin of the chain how long it took, what it read, and its result or error.

            Example:
              cnitool trace add podman /run/netns/blue
            """);
        foreach (var verb in verbs)
        {
            verb.Options.Add(_json);
            command.Subcommands.Add(Traced(verb, parsed => Print(verb.Name, parsed.GetValue(_json))));
        }

        return command;
    }

    /// <summary>The verb with an option that prints the same to stderr.</summary>
    public Command WithVerbose(Command verb)
    {
        verb.Options.Add(_verbose);
        return Traced(verb, parsed =>
        {
            if (parsed.GetValue(_verbose))
                TraceText.Write(error, verb.Name, settings.Calls);
        });
    }

    private static Command Traced(Command verb, Action<ParseResult> print)
    {
        var action = (SynchronousCommandLineAction)verb.Action!;
        verb.SetAction(parsed =>
        {
            try
            {
                return action.Invoke(parsed);
            }
            finally
            {
                print(parsed);
            }
        });
        return verb;
    }

    private void Print(string verb, bool json)
    {
        if (json)
            output.WriteLine(Encoding.UTF8.GetString(TraceJson.Write(verb, settings.Calls)));
        else
            TraceText.Write(output, verb, settings.Calls);
        output.Flush();
    }
}
