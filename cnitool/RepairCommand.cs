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

    private readonly Option<bool> _dryRun = new("--dry-run", "-n") { Description = "print what would be put back, and change nothing" };
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
            """) { _network, _dryRun, _cacheDirectory };
        command.SetAction(parsed =>
        {
            var cache = new ResultCache(parsed.GetValue(_cacheDirectory)!);
            var runtime = new NetworkRuntime(settings.Plugins, cache);
            var network = parsed.GetValue(_network);
            var entries = network is not null ? cache.List(network) : cache.List();
            if (network is not null && entries.Count == 0)
                _ = settings.Network(network, error); // a name that is no network's is an error
            var exitCode = 0;
            foreach (var entry in entries)
            {
                if (!IsRepaired(runtime, entry, parsed.GetValue(_dryRun)))
                    exitCode = 1;
            }

            return exitCode;
        });
        return command;
    }

    /// <summary>One attachment and its lines; false when something failed, which is no reason to leave the others as they are.</summary>
    private bool IsRepaired(NetworkRuntime runtime, CachedAttachment entry, bool dryRun)
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
            var list = NetworkList.Parse(entry.Config);
            var before = Complaints(runtime, list, entry.Attachment);
            if (dryRun)
            {
                output.WriteLine($"{name}: {(before.Count > 0 ? $"to repair: {Text(before)}" : "nothing to do")}");
                return true;
            }

            var strangers = runtime.Repair(entry);
            before = [.. before.Where(complaint => !strangers.Contains(complaint.Plugin))];
            var others = strangers.Count > 0 ? $", but for {string.Join(", ", strangers)}: not of this suite" : "";
            var left = before.Count > 0 ? Complaints(runtime, list, entry.Attachment) : [];
            var mended = before.Except(left).ToList();
            output.WriteLine($"{name}: {(mended.Count > 0 ? $"repaired: {Text(mended)}" : "nothing to do")}{others}");
            foreach (var complaint in left)
                error.WriteLine($"cnitool: {name}: still so: {complaint.Message}");
            return left.Count == 0;
        }
        catch (Exception e) when (e is CniException or ConfigException or LibcException)
        {
            error.WriteLine($"cnitool: {name}: {ErrorText.Of(CniException.From(e))}");
            return false;
        }
    }

    /// <summary>What CHECK of each plugin says; nothing in versions without CHECK.</summary>
    private static IReadOnlyList<(string Plugin, string Message)> Complaints(NetworkRuntime runtime, NetworkList list, RuntimeAttachment attachment)
    {
        var complaints = new List<(string, string)>();
        foreach (var plugin in list.Version >= CniVersion.V040 ? list.Plugins : [])
        {
            try
            {
                runtime.Check(list with { Plugins = [plugin] }, attachment);
            }
            catch (Exception e) when (e is CniException or LibcException or TimeoutException)
            {
                complaints.Add((plugin.Type, CniException.From(e.InnerException ?? e).Message));
            }
        }

        return complaints;
    }

    private static string Text(IEnumerable<(string Plugin, string Message)> complaints) => string.Join("; ", complaints.Select(complaint => $"{complaint.Plugin}: {complaint.Message}"));
}
