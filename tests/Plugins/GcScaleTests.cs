using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Firewall;
using CniPlugins.Ipam.HostLocal;
using CniPlugins.Linux;
using CniPlugins.Portmap;
using CniPlugins.Runtime;
using CniPlugins.Tests.Support;
using CniPlugins.Tuning;

namespace CniPlugins.Tests.Plugins;

/// <summary>cnitool gc among many attachments (scripts/pods.sh for ten thousand, with figures).</summary>
[Collection(nameof(Alone))]
public sealed class GcScaleTests
{
    private const string Network = "a";

    [Fact]
    public void What_is_stale_among_many_is_found_and_all_of_many_can_go()
    {
        var count = Report.Setting("CNI_PLUGINS_GC", 200);
        using var host = new Sandbox();
        var tool = new ToolCall(host);
        tool.Define(Network, FullChain.Of(host, Network, "ptp", 53));
        Make(host, count);
        string[] all = [.. Enumerable.Range(0, count).Select(i => $"c{i}/eth{i}")];
        Assert.Equal(count, Holdings.Of(host).Count);

        Time(tool, $"{count} attachments, all valid", all);
        Assert.Equal(count, Holdings.Of(host).Count);

        // Of some the runtime has lost its memory, with all that they have still there: links too.
        foreach (var i in Enumerable.Range(0, count / 100))
            File.Delete(Path.Combine(host.Directory, "cache", "results", $"{Network}-c{i}-eth{i}"));
        Time(tool, $"{count} attachments, one in a hundred of them stale", all[(count / 100)..]);
        Assert.Equal(count - (count / 100), Holdings.Of(host).Count);

        Directory.Delete(Path.Combine(host.Directory, "cache"), recursive: true);
        Time(tool, $"{count - (count / 100)} attachments, none valid", []);
        Assert.Empty(Holdings.Of(host));
    }

    private static void Time(ToolCall tool, string what, string[] keep)
    {
        var started = Stopwatch.GetTimestamp();
        var reply = tool.Gc(Network, keep);
        var time = Stopwatch.GetElapsedTime(started);
        Assert.True(reply.ExitCode == 0, reply.Output + reply.Error);
        Report.Line(string.Create(CultureInfo.InvariantCulture, $"cnitool gc, {what}: {time.TotalMilliseconds:0} ms"));
    }

    /// <summary>Attachments as the plugins make them, but without a pod for each; in this process, or it would take minutes.</summary>
    private static void Make(Sandbox host, int count)
    {
        var list = NetworkList.Parse(Encoding.UTF8.GetBytes(FullChain.Of(host, Network, "ptp", 53)));
        var cache = new ResultCache(Path.Combine(host.Directory, "cache"));
        var backups = FullChain.BackupDirectory(host);
        Directory.CreateDirectory(backups);
        var links = new StringBuilder();
        var pod = Path.GetFileName(host.AddPod());
        using var netns = host.OpenHost();
        netns.Run(() =>
        {
            for (var i = 0; i < count; i++)
            {
                var attachment = new RuntimeAttachment($"c{i}", "/run/netns/gone", $"eth{i}")
                {
                    CapabilityArgs = new Dictionary<string, JsonElement> { ["portMappings"] = JsonDocument.Parse(FullChain.Port(20_000 + i)).RootElement },
                };
                var owner = new Attachment.Owner(Network, attachment.IfName, attachment.ContainerId);
                var result = Call("host-local", list, list.Plugins[0], attachment, previous: null);
                var text = Encoding.UTF8.GetString(result).Replace("\"ips\"", $"\"interfaces\":[{{\"name\":\"v{i}\"}},{{\"name\":\"{attachment.IfName}\",\"sandbox\":\"/run/netns/gone\"}}],\"ips\"", StringComparison.Ordinal)
                    .Replace("\"address\"", "\"interface\":1,\"address\"", StringComparison.Ordinal);
                var previous = VersionedResult.Read(ConfigObject.Parse(Encoding.UTF8.GetBytes(text)), list.VersionText);
                Assert.True(NftMasquerade.TryAdd(owner, attachment.Netns, [.. previous.Value.Ips.Select(ip => ip.Address)]));
                Call("portmap", list, list.Plugins[1], attachment, previous);
                Call("firewall", list, list.Plugins[3], attachment, previous);
                var backup = Path.Combine(backups, $"{attachment.ContainerId}_{attachment.IfName}.json");
                File.WriteAllText(backup, "{}");
                Assert.True(FileNote.TrySet(backup, "cni", new BackupNote(owner.Alias, BootClock.BootId, 0).ToString()));
                cache.Store(new CachedAttachment(Network, attachment) { Config = list.Bytes, Result = previous });
                links.Append(CultureInfo.InvariantCulture, $"link add v{i} type veth peer name w{i} netns {pod}\nlink set v{i} alias \"{owner.Alias}\"\n");
            }
        });
        Assert.Equal(0, Tool.Try("ip", ["-n", host.HostName, "-batch", "-"], Encoding.UTF8.GetBytes(links.ToString()), environment: null).ExitCode);
    }

    private static byte[] Call(string plugin, NetworkList list, PluginConfig config, RuntimeAttachment attachment, VersionedResult? previous)
    {
        using var stdin = new MemoryStream(PluginRequest.ForAttachment(list, config, attachment, previous));
        using var stdout = new MemoryStream();
        using var stderr = new MemoryStream();
        var host = new PluginHost(
            name => name switch { "host-local" => new HostLocalPlugin(), "portmap" => new PortmapPlugin(), "firewall" => new FirewallPlugin(), _ => null }, "test");
        var variables = attachment.Variables("ADD", ["/nowhere"]).ToDictionary(variable => variable.Key, variable => variable.Value);
        var exitCode = host.Run(plugin, new CniEnvironment(variables), stdin, stdout, stderr);
        Assert.True(exitCode == 0, Encoding.UTF8.GetString(stdout.ToArray()));
        return stdout.ToArray();
    }
}
