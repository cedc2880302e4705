using System.CommandLine;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool;

/// <summary>Puts back the rules of living attachments, from what the runtime remembers of them.</summary>
internal sealed class RepairCommand(ToolSettings settings, TextWriter output, TextWriter error)
{
    private readonly Argument<string?> _network = new("network")
    {
        Description = "name of a network (default: all that have attachments)",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> _cacheDirectory = new("--cache-dir") { Hidden = true, DefaultValueFactory = _ => ResultCache.DefaultDirectory };

    public Command Create()
    {
        var command = new Command(
            "repair",
            """
            Puts back masquerade, host ports, firewall, MAC checks and rate limits of living pods, after somebody has flushed the host's rules.

            Attachments and their configurations are taken from /var/lib/cni/results. What is there already stays; running it once more changes nothing.

            Example:
              nft flush ruleset; CNI_PATH=/opt/cni/bin cnitool repair
            """) { _network, _cacheDirectory };
        command.SetAction(parsed =>
        {
            var cache = new ResultCache(parsed.GetValue(_cacheDirectory)!);
            var runtime = new NetworkRuntime(settings.Plugins, cache);
            var entries = parsed.GetValue(_network) is { } network ? cache.List(network) : cache.List();
            var exitCode = 0;
            foreach (var entry in entries)
            {
                if (!IsRepaired(runtime, entry))
                    exitCode = 1;
            }

            return exitCode;
        });
        return command;
    }

    /// <summary>One attachment and its line; false when something failed, which is no reason to leave the others as they are.</summary>
    private bool IsRepaired(NetworkRuntime runtime, CachedAttachment entry)
    {
        var attachment = entry.Attachment;
        var name = $"{entry.NetworkName} {attachment.ContainerId}/{attachment.IfName}";
        if (!PodInterface.Exists(attachment.Netns, attachment.IfName))
        {
            output.WriteLine($"{name}: gone, nothing to repair");
            return true;
        }

        try
        {
            var strangers = runtime.Repair(entry);
            output.WriteLine($"{name}: repaired{(strangers.Count > 0 ? $", but for {string.Join(", ", strangers)}: not of this suite" : "")}");
            return true;
        }
        catch (Exception e) when (e is CniException or ConfigException or LibcException)
        {
            error.WriteLine($"cnitool: {name}: {ErrorText.Of(CniException.From(e))}");
            return false;
        }
    }
}
