using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Runtime;

/// <summary>Runs a network's chain of plugins, as every container runtime does through libcni (libcni/api.go).</summary>
internal sealed class NetworkRuntime(PluginRunner plugins, ResultCache cache)
{
    /// <summary>
    /// ADD, forward, each plugin with the result of the one before; the last result is remembered and returned. A failure leaves what the plugins
    /// before it made: the runtime follows a failed ADD with a DEL.
    /// </summary>
    public VersionedResult Add(NetworkList list, RuntimeAttachment attachment)
    {
        VersionedResult? result = null;
        foreach (var plugin in list.Plugins)
            result = Named(plugin, "add", () => AddOne(list, plugin, attachment, result));

        result ??= new VersionedResult(new CniResult(), list.VersionText);
        try
        {
            cache.Store(new CachedAttachment(list.Name, attachment) { Config = list.Bytes, Result = result.As(list.VersionText) });
        }
        catch (Exception e) when (e is CniException or Linux.LibcException)
        {
            throw CniException.Because($"failed to set network \"{list.Name}\" cached result", e);
        }

        return result;
    }

    /// <summary>CHECK, forward, every plugin with the chain's cached result.</summary>
    public void Check(NetworkList list, RuntimeAttachment attachment)
    {
        if (list.Version < CniVersion.V040)
            throw new CniException($"configuration version \"{list.VersionText}\" does not support the CHECK command");
        if (list.DisableCheck)
            return;
        var cached = CachedForCheck(list, attachment);
        var whole = attachment.CompletedBy(cached?.Attachment);
        foreach (var plugin in list.Plugins)
            Named(plugin, "check", () => RunOne("CHECK", list, plugin, whole, cached?.Result));
    }

    /// <summary>
    /// DEL, backward, every plugin with the chain's cached result (0.4.0 and newer). A plugin that fails does not keep the others from taking away what they
    /// made; all failures are reported together, and then the cache stays for the next DEL.
    /// </summary>
    public void Del(NetworkList list, RuntimeAttachment attachment)
    {
        var cached = CachedForDel(list, attachment);
        var whole = attachment.CompletedBy(cached?.Attachment);
        var result = list.Version >= CniVersion.V040 ? cached?.Result : null;
        var failures = new List<CniException>();
        foreach (var plugin in list.Plugins.Reverse())
            Collect(failures, $"plugin {plugin.Description} failed (delete)", () => RunOne("DEL", list, plugin, whole, result));
        ThrowIfAny(failures);
        cache.Delete(list.Name, attachment.ContainerId, attachment.IfName);
    }

    /// <summary>
    /// DEL for every cached attachment that is not valid any more, then GC for each plugin, in a network of an older version for those that know the verb all
    /// the same. What was made since <paramref name="listed"/> is spared. All failures are reported together.
    /// </summary>
    /// <param name="list">The network.</param>
    /// <param name="valid">The attachments that stay.</param>
    /// <param name="listed">When the list was begun (CLOCK_BOOTTIME, ns); now, unless it is given.</param>
    public void Gc(NetworkList list, IReadOnlyList<Cni.Attachment> valid, long? listed = null)
    {
        if (list.DisableGc)
            return;
        var started = Math.Min(listed ?? BootClock.Nanoseconds, plugins.GcStarted ?? long.MaxValue);
        var failures = new List<CniException>();
        Collect(failures, "", () => Forget(list, valid, started));
        var attachments = PluginRequest.Attachments(valid);
        foreach (var plugin in list.Plugins)
        {
            Collect(failures, $"plugin {plugin.Description} failed (gc)", () =>
            {
                if (list.Version >= CniVersion.V110)
                    plugins.Gc(plugin.Type, started, PluginRequest.ForGc(list, plugin, attachments));
                else if (plugins.Knows(plugin.Type, CniVersion.V110))
                    plugins.Gc(plugin.Type, started, PluginRequest.ForGc(list with { VersionText = CniVersion.V110.Text }, plugin, attachments));
            });
        }

        ThrowIfAny(failures);
    }

    /// <summary>DEL for every attachment in the cache that is not valid and was remembered before a moment (CLOCK_BOOTTIME, ns).</summary>
    public void Forget(NetworkList list, IReadOnlyList<Cni.Attachment> valid, long moment)
    {
        var failures = new List<CniException>();
        foreach (var stale in cache.ListStale(list.Name, valid, moment).Select(entry => entry.Attachment))
            Collect(failures, $"failed to delete stale attachment {stale.ContainerId} {stale.IfName}", () => Del(list, stale));
        ThrowIfAny(failures);
    }

    /// <summary>
    /// REPAIR, forward: a verb of our own plugins, which put back what an attachment has lost of its rules. Returns those that do not know it, with
    /// nothing done. All failures are reported together.
    /// </summary>
    public IReadOnlyList<string> Repair(CachedAttachment entry)
    {
        var list = NetworkList.Parse(entry.Config);
        var attachment = entry.Attachment;
        var (failures, strangers) = (new List<CniException>(), new List<string>());
        foreach (var plugin in list.Plugins)
        {
            Collect(failures, $"plugin {plugin.Description} failed (repair)", () =>
            {
                try
                {
                    RunOne("REPAIR", list, plugin, attachment, entry.Result?.As(list.VersionText));
                }
                catch (CniException e) when (e.Message == "unknown CNI_COMMAND: REPAIR")
                {
                    strangers.Add(plugin.Type);
                }
            });
        }

        // A DEL in the meantime has forgotten the attachment, and did not see what was put back after it.
        if (cache.Find(list.Name, attachment.ContainerId, attachment.IfName) is null)
            Collect(failures, "the attachment was deleted meanwhile", () => Del(list, attachment));
        ThrowIfAny(failures);
        return strangers;
    }

    /// <summary>STATUS, forward; the first plugin that is not ready is the answer. Below 1.1.0 there is no such question.</summary>
    public void Status(NetworkList list)
    {
        if (list.Version < CniVersion.V110)
            return;
        foreach (var plugin in list.Plugins)
            Named(plugin, "status", () => plugins.Run(plugins.Find(plugin.Type), "STATUS", RuntimeAttachment.None, PluginRequest.ForStatus(list, plugin)));
    }

    private VersionedResult AddOne(NetworkList list, PluginConfig plugin, RuntimeAttachment attachment, VersionedResult? previous)
    {
        var output = RunOne("ADD", list, plugin, attachment, previous);
        try
        {
            return VersionedResult.Read(ConfigObject.Parse(output), list.VersionText);
        }
        catch (ConfigException e)
        {
            throw CniException.Because("failed to unmarshal raw result", e);
        }
    }

    private byte[] RunOne(string command, NetworkList list, PluginConfig plugin, RuntimeAttachment attachment, VersionedResult? previous)
    {
        var path = plugins.Find(plugin.Type);
        attachment.Validate(list.Name);
        return plugins.Run(path, command, attachment, PluginRequest.ForAttachment(list, plugin, attachment, previous));
    }

    private CachedAttachment? CachedForCheck(NetworkList list, RuntimeAttachment attachment)
    {
        try
        {
            return Cached(list, attachment);
        }
        catch (Exception e) when (e is ConfigException or CniException)
        {
            throw CniException.Because($"failed to get network \"{list.Name}\" cached result", e);
        }
    }

    /// <summary>An entry that cannot be read must not keep a pod from being deleted: it is removed, and the plugins do without.</summary>
    private CachedAttachment? CachedForDel(NetworkList list, RuntimeAttachment attachment)
    {
        try
        {
            return Cached(list, attachment);
        }
        catch (Exception e) when (e is ConfigException or CniException)
        {
            cache.Delete(list.Name, attachment.ContainerId, attachment.IfName);
            return null;
        }
    }

    /// <summary>What is remembered of an attachment, its result in the list's version.</summary>
    private CachedAttachment? Cached(NetworkList list, RuntimeAttachment attachment) =>
        cache.Find(list.Name, attachment.ContainerId, attachment.IfName) is { } entry ? entry with { Result = entry.Result?.As(list.VersionText) } : null;

    /// <summary>Puts the plugin and the verb in front of its error; code and details stay.</summary>
    private static T Named<T>(PluginConfig plugin, string verb, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (Exception e) when (IsOfPlugin(e))
        {
            throw ErrorText.Prefixed($"plugin {plugin.Description} failed ({verb})", e);
        }
    }

    private static void Collect(List<CniException> failures, string step, Func<byte[]> call)
    {
        try
        {
            call();
        }
        catch (Exception e) when (IsOfPlugin(e))
        {
            failures.Add(step.Length == 0 ? CniException.From(e) : ErrorText.Prefixed(step, e));
        }
    }

    /// <summary>What a plugin says, why it cannot be run, or that it was killed because it did not end.</summary>
    private static bool IsOfPlugin(Exception e) => e is CniException or Linux.LibcException or TimeoutException;

    private static void ThrowIfAny(List<CniException> failures)
    {
        if (failures.Count > 0)
            throw failures.Count == 1 ? failures[0] : new CniException(string.Join('\n', failures.Select(ErrorText.Of)));
    }

    private static void Collect(List<CniException> failures, string step, Action call) => Collect(failures, step, () =>
    {
        call();
        return [];
    });
}
