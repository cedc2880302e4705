using System.CommandLine;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Cnitool.Validation;

namespace CniPlugins.Cnitool;

/// <summary><c>cnitool explain</c>: which options a plugin has, from the declarations by which it reads them.</summary>
internal sealed class ExplainCommand(TextWriter output)
{
    private readonly Argument<string?> _plugin = new("plugin")
    {
        Description = "a plugin's name; without one, the names are listed",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _markdown = new("--markdown") { Description = "print the table of a page" };

    public Command Create()
    {
        var command = new Command(
            "explain",
            """
            Prints every option of a plugin: name, type, default, what it does, and since which release of the reference plugins.

            Example:
              cnitool explain bridge
            """) { _plugin, _markdown };
        command.SetAction(parsed => Explain(parsed.GetValue(_plugin), parsed.GetValue(_markdown)));
        return command;
    }

    private int Explain(string? name, bool markdown)
    {
        if (name is null)
        {
            foreach (var known in KnownPlugins.Names)
                output.WriteLine(known);
            return 0;
        }

        var plugin = KnownPlugins.Find(name)
            ?? throw new CniException($"no plugin \"{name}\" is known here", $"known are {string.Join(", ", KnownPlugins.Names)}");
        output.Write(markdown ? OptionTable.Markdown(plugin) : OptionText.Of(name, plugin));
        return 0;
    }
}
