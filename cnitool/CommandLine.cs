using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using CniPlugins.Cni;
using CniPlugins.Cnitool.Addresses;
using CniPlugins.Cnitool.Collection;
using CniPlugins.Cnitool.Health;
using CniPlugins.Cnitool.Metrics;
using CniPlugins.Cnitool.Search;
using CniPlugins.Cnitool.Tracing;
using CniPlugins.Linux;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool;

/// <summary>cnitool's verbs: a function of arguments and environment to two streams of text and an exit code.</summary>
internal sealed class CommandLine(IReadOnlyDictionary<string, string> environment, TextWriter output, TextWriter error, Terminal? terminal = null)
{
    private const string Description = """
        Adds, checks and removes network attachments as a container runtime does, and finds what is wrong with a configuration.

        Environment:
          NETCONFPATH  directory of the network configurations (default /etc/cni/net.d)
          CNI_PATH     directories of the plugins, separated by colons (default: cnitool's own, if plugins are in it, else /opt/cni/bin)
          CNI_ARGS     pairs for the plugins: KEY=VALUE;KEY=VALUE
          CAP_ARGS     data per capability, a JSON object: {"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]}
          CNI_IFNAME   name of the interface in the container (default eth0)

        Example:
          ip netns add blue
          CNI_PATH=/opt/cni/bin cnitool add podman /run/netns/blue
        """;

    private const int UsageError = 2;

    /// <summary>
    /// Runs one command line; 0 is success, 2 a command line that means nothing, 1 any other failure. The examples of a command are for its own help, not for the
    /// list of all.
    /// </summary>
    public int Run(IReadOnlyList<string> arguments)
    {
        if (arguments is ["--version"])
            return Guard(() => Say(BuildVersion.Of("cnitool")));
        var root = Root();
        foreach (var command in root.Subcommands.Where(command => !arguments.Contains(command.Name)))
            command.Description = command.Description?.Split("\n\n")[0];
        var parsed = root.Parse(arguments);
        if (arguments.Count > 0 && parsed.Errors is [var first, ..])
            return Misused(parsed, Unknown(parsed) ?? first.Message);
        var streams = new InvocationConfiguration { Output = arguments.Count == 0 ? error : output, Error = error, EnableDefaultExceptionHandler = false };
        var exitCode = Guard(() => (arguments.Count == 0 ? root.Parse("--help") : parsed).Invoke(streams));
        if (arguments.Count == 0)
            exitCode = UsageError;
        if (Guard(Deliver) != 0)
            exitCode = 1;
        Tell();
        return exitCode;
    }

    /// <summary>One line, and where to read on.</summary>
    private int Misused(ParseResult parsed, string problem)
    {
        var verb = parsed.CommandResult.Command is RootCommand ? "" : $" {string.Join(' ', Verbs(parsed.CommandResult))}";
        error.WriteLine($"cnitool: {problem.TrimEnd('.')}; see cnitool{verb} --help");
        Tell();
        return UsageError;
    }

    /// <summary>Where a verb is wanted, the word that is none: the library says only that one is missing.</summary>
    private static string? Unknown(ParseResult parsed) =>
        parsed.CommandResult.Command.Subcommands.Count > 0 && parsed.UnmatchedTokens is [var word, ..] ? $"unknown command '{word}'" : null;

    /// <summary>The words that lead to a command: ipam pool add.</summary>
    private static IEnumerable<string> Verbs(System.CommandLine.Parsing.CommandResult result) => result.Command is RootCommand ? []
        : [.. result.Parent is System.CommandLine.Parsing.CommandResult parent ? Verbs(parent) : [], result.Command.Name];

    private RootCommand Root()
    {
        var settings = new ToolSettings(environment);
        var network = new NetworkCommands(settings, output, error);
        var trace = new TraceCommand(settings, output, error);
        return new RootCommand(Description)
        {
            network.IfNameBeforeVerb,
            trace.WithVerbose(network.Add()),
            trace.WithVerbose(network.Check()),
            trace.WithVerbose(network.Del()),
            trace.WithVerbose(new GcCommand(settings, terminal ?? Terminal.None, output, error).Create()),
            trace.Create(),
            new DoctorCommand(settings, output).Create(),
            new WhyCommand(settings, output, error).Create(),
            new MetricsCommand(settings, output, error).Create(),
            trace.WithVerbose(network.Status()),
            new RepairCommand(settings, output, error).Create(),
            new ListCommand(settings, output).Create(),
            new ValidateCommand(settings, output).Create(),
            new ExplainCommand(output).Create(),
            new TopologyCommand(environment, output).Create(),
            IpamCommand.Create(settings, terminal ?? Terminal.None, output, error),
        };
    }

    private int Say(string text)
    {
        output.Write(text);
        return Deliver();
    }

    private int Deliver()
    {
        output.Flush();
        return 0;
    }

    private void Tell()
    {
        try
        {
            error.Flush();
        }
        catch (Exception e) when (e is IOException or LibcException)
        {
            // There is nobody left to tell, and the exit code says enough.
        }
    }

    /// <summary>Whatever fails is one message on stderr, never a stack.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The one place: a person gets a sentence.")]
    private int Guard(Func<int> action)
    {
        try
        {
            return action();
        }
        catch (CniException e)
        {
            error.WriteLine($"cnitool: {ErrorText.Of(e)}");
        }
        catch (Exception e)
        {
            error.WriteLine($"cnitool: {e.Message}");
        }

        return 1;
    }
}
