using CniPlugins.Cni;
using CniPlugins.Cnitool.Topology;
using CniPlugins.Linux;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool.Health;

/// <summary>Whether living pods still have what they were given, and what dead ones have left.</summary>
internal sealed class AttachmentHealth(ToolSettings settings, HostTopology topology, IReadOnlyList<string> caches)
{
    /// <summary>CHECK of every living attachment; the topology's problems of the others.</summary>
    /// <param name="only">The one network to look at; null for all.</param>
    public IEnumerable<Diagnosis> Examine(string? only)
    {
        var sound = 0;
        foreach (var pod in topology.Attachments.Where(pod => only is null || pod.Network == only))
        {
            var subject = pod.Network.Length > 0 ? $"{pod.Network} {pod.ContainerId}/{pod.IfName}{(pod.Name != pod.ShortId ? $" ({pod.Name})" : "")}" : pod.Name;
            if (pod.State is AttachmentState.Attached && Entry(pod) is { } found)
            {
                var failure = Check(found.Cache, found.Entry);
                if (failure is not null)
                    yield return new Diagnosis(Severity.Error, subject, ErrorText.Of(failure), Mend(failure.Details));
                foreach (var problem in pod.Problems)
                    yield return new Diagnosis(Severity.Error, subject, problem, problem == $"{pod.HostInterface} is down" ? $"ip link set {pod.HostInterface} up" : Mend(problem));
                if (failure is null && pod.Problems.Count == 0)
                    sound++;
            }
            else if (pod.State is AttachmentState.Gone or AttachmentState.Leaked)
            {
                var mend = pod.Network.Length > 0 ? $"cnitool gc {pod.Network} --dry-run" : "ip -d link, and the runtime that made it";
                yield return new Diagnosis(Severity.Warning, subject, string.Join("; ", pod.Problems), mend);
            }
        }

        foreach (var leftover in topology.Leftovers.Where(_ => only is null))
            yield return new Diagnosis(Severity.Warning, "host", leftover, "cnitool gc NETWORK, for the network that made it");
        foreach (var unread in topology.Unread)
            yield return new Diagnosis(Severity.Warning, "host", $"could not be read: {unread}", "");
        if (sound > 0)
            yield return new Diagnosis(Severity.Ok, "attachments", $"{sound} {(sound == 1 ? "is" : "are")} as made");
    }

    /// <summary>What the plugin says itself, where that is a command; else what mends most.</summary>
    private static string Mend(string details) =>
        details.Contains("ip link set", StringComparison.Ordinal) || details.Contains("bridge vlan", StringComparison.Ordinal) ? details
        : "cnitool repair; what that leaves, a new pod";

    private (ResultCache Cache, CachedAttachment Entry)? Entry(PodAttachment pod)
    {
        foreach (var directory in caches)
        {
            var cache = new ResultCache(directory);
            if (Find(cache, pod) is { Config.Length: > 0 } entry)
                return (cache, entry);
        }

        return null;
    }

    private static CachedAttachment? Find(ResultCache cache, PodAttachment pod)
    {
        try
        {
            return cache.Find(pod.Network, pod.ContainerId, pod.IfName);
        }
        catch (Exception e) when (e is ConfigException or CniException or LibcException)
        {
            return null; // the topology names a broken entry
        }
    }

    /// <summary>CHECK as its own configuration says, which is what it was made by; null when all is well, or the version has no CHECK.</summary>
    private CniException? Check(ResultCache cache, CachedAttachment entry)
    {
        try
        {
            var list = NetworkList.Parse(entry.Config);
            if (list.Version >= CniVersion.V040)
                new NetworkRuntime(settings.Plugins, cache).Check(list, entry.Attachment);
            return null;
        }
        catch (Exception e) when (e is CniException or ConfigException or LibcException or TimeoutException)
        {
            return CniException.From(e);
        }
    }
}
