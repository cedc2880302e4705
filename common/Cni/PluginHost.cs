using System.Diagnostics.CodeAnalysis;
using System.Text;
using CniPlugins.Linux;

namespace CniPlugins.Cni;

/// <summary>
/// Turns (name, environment, stdin) into (stdout, stderr, exit code): reading, version negotiation, dispatch, and the one place where any failure
/// becomes the error document. A pure function of its arguments but for what the plugin does to the kernel.
/// </summary>
internal sealed class PluginHost(Func<string, Plugin?> plugins, string version)
{
    private const int UsualInput = 4096; // bytes; each page that is not touched is a page fault less
    private const int LongestInput = 64 << 20; // bytes: the list of GC for half a million attachments

    /// <summary>Answers one call; 0 is success, 1 an error that is described on stdout, or on stderr where nobody reads stdout.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The one place: a crash must be a JSON error too (cni#732).")]
    public int Run(string name, CniEnvironment environment, Stream stdin, Stream stdout, Stream stderr)
    {
        try
        {
            var plugin = plugins(name)
                ?? throw new CniException($"there is no plugin \"{name}\" in this executable", "link it under the name of a plugin, or give the name as first argument");
            Answer(name, plugin, environment, stdin, stdout, stderr);
            return 0;
        }
        catch (Exception e)
        {
            if (environment["CNI_PLUGINS_DEBUG"].Length > 0)
                Note(stderr, e.ToString());
            Report(CniException.From(e), stdout, stderr);
            return 1;
        }
    }

    /// <summary>The error as a document (CNI specification, section 5).</summary>
    public static byte[] ErrorDocument(CniException error) => JsonText.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("code", (int)error.Code);
        writer.WriteString("msg", error.Message);
        writer.WriteUnlessEmpty("details", error.Details);
        writer.WriteEndObject();
    });

    /// <summary>Whether this executable answers to the name itself.</summary>
    public bool Knows(string name) => plugins(name) is not null;

    private void Answer(string name, Plugin plugin, CniEnvironment environment, Stream stdin, Stream stdout, Stream stderr)
    {
        if (environment.Command.Length == 0)
        {
            Note(stderr, $"CNI {name} plugin {version}\nCNI protocol versions supported: {string.Join(", ", plugin.Versions)}");
            return;
        }

        if (environment.Command == "VERSION")
        {
            Deliver(stdout, VersionDocument(plugin));
            return;
        }

        environment.Validate();
        var conf = NetConf.Parse(ReadAll(stdin));
        var verb = VerbOf(environment.Command);
        conf.Negotiate(verb, plugin.Versions);
        if (verb is not (Verb.Del or Verb.Gc))
            conf.RequireDecodable(); // those two take away what they can, whatever the configuration has become
        switch (verb)
        {
            case Verb.Add:
                Add(plugin, conf, environment, stdout, stderr);
                break;
            case Verb.Check:
                plugin.Check(new(conf, environment, this, environment.ContainerId, environment.IfName, environment.Netns));
                break;
            case Verb.Repair:
                plugin.Repair(new(conf, environment, this, environment.ContainerId, environment.IfName, environment.Netns));
                break;
            case Verb.Del:
                Del(plugin, conf, environment);
                break;
            case Verb.Gc:
                Gc(plugin, conf, environment, stderr);
                break;
            default:
                plugin.Status(new(conf, environment, this));
                break;
        }
    }

    private void Add(Plugin plugin, NetConf conf, CniEnvironment environment, Stream stdout, Stream stderr)
    {
        if (IsOwnNetns(environment))
            throw OwnNetns();
        var result = plugin.Add(new(conf, environment, this, environment.ContainerId, environment.IfName, environment.Netns));
        var shape = plugin.ShapeFor(conf);
        try
        {
            Deliver(stdout, ResultWriter.Write(result, shape, conf.VersionText.Length == 0 ? shape.Text : conf.VersionText));
        }
        catch (Exception e) when (e is CniException or IOException or LibcException)
        {
            TakeBack(plugin, conf, environment, stderr);
            throw;
        }
    }

    /// <summary>
    /// What was made but cannot be told must not stay: the oldest versions have no words for a result without addresses, and a disk may be full or a
    /// reader gone.
    /// </summary>
    [SuppressMessage("Design", "CA1031", Justification = "The first failure is on its way; this one must not replace it.")]
    private void TakeBack(Plugin plugin, NetConf conf, CniEnvironment environment, Stream stderr)
    {
        try
        {
            Del(plugin, conf, environment);
        }
        catch (Exception e)
        {
            Note(stderr, $"while undoing a failed ADD: {e.Message}");
        }
    }

    private void Del(Plugin plugin, NetConf conf, CniEnvironment environment)
    {
        var isOwn = IsOwnNetns(environment);
        var netns = isOwn || environment.Netns.Length == 0 ? null : environment.Netns;
        plugin.Del(new(conf, environment, this, environment.ContainerId, environment.IfName, netns));
        if (isOwn)
            throw OwnNetns();
    }

    /// <summary>Without a list nothing is known to be garbage: upstream's cnitool gc sends none and expects success.</summary>
    private void Gc(Plugin plugin, NetConf conf, CniEnvironment environment, Stream stderr)
    {
        if (conf.ValidAttachments() is { } valid)
            plugin.Gc(new(conf, environment, this, valid));
        else
            Note(stderr, "GC: no cni.dev/valid-attachments in the configuration, so nothing was removed");
    }

    private static Verb VerbOf(string command) => command switch
    {
        "ADD" => Verb.Add,
        "CHECK" => Verb.Check,
        "DEL" => Verb.Del,
        "GC" => Verb.Gc,
        "STATUS" => Verb.Status,
        "REPAIR" => Verb.Repair,
        _ => throw new CniException(CniErrorCode.InvalidEnvironment, $"unknown CNI_COMMAND: {command}", "known are ADD, DEL, CHECK, GC, STATUS and VERSION"),
    };

    /// <summary>
    /// Whether the pod's namespace is the plugin's own: ADD and DEL would rearrange the host (cni/pkg/skel, CNI_NETNS_OVERRIDE). Upstream finds out after the deed; here ADD has
    /// done nothing yet, and DEL takes away what is outside of the pod, whose path somebody else has by now (/proc/PID/ns/net).
    /// </summary>
    private static bool IsOwnNetns(CniEnvironment environment) =>
        !environment.OverridesNetnsCheck && environment.Netns.Length > 0 && FileIdentity.Of(environment.Netns) is { } pod
        && FileIdentity.Of("/proc/thread-self/ns/net") == pod;

    private static CniException OwnNetns() =>
        new(CniErrorCode.InvalidNetns, "plugin's netns and netns from CNI_NETNS should not be the same");

    private static byte[] VersionDocument(Plugin plugin) =>
    [
        .. JsonText.Write(
            writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("cniVersion", CniVersion.V110.Text);
                writer.WriteUnlessEmpty("supportedVersions", plugin.Versions.Select(v => v.Text).ToList());
                writer.WriteEndObject();
            },
            indented: false),
        (byte)'\n',
    ];

    private static byte[] ReadAll(Stream stdin)
    {
        try
        {
            var all = new byte[UsualInput];
            var length = 0;
            for (int count; (count = stdin.Read(all, length, all.Length - length)) > 0;)
            {
                length += count;
                if (length > LongestInput)
                    throw new CniException(CniErrorCode.IoFailure, $"error reading from stdin: more than {LongestInput >> 20} MiB", "a network configuration is what belongs there");
                if (length == all.Length)
                    Array.Resize(ref all, all.Length * 2);
            }

            return all[..length];
        }
        catch (Exception e) when (e is IOException or LibcException)
        {
            throw new CniException(CniErrorCode.IoFailure, $"error reading from stdin: {e.Message}", CniException.From(e).Details, e);
        }
    }

    private static void Deliver(Stream stdout, byte[] document)
    {
        stdout.Write(document);
        stdout.Flush();
    }

    /// <summary>The error document, or a line where nobody takes it.</summary>
    private static void Report(CniException error, Stream stdout, Stream stderr)
    {
        try
        {
            Deliver(stdout, ErrorDocument(error));
        }
        catch (Exception e) when (e is IOException or LibcException)
        {
            Note(stderr, $"the answer did not reach the caller: {e.Message}; it was: {error.Message}");
        }
    }

    /// <summary>A line for whoever reads the log; a caller that closed its end of stderr is no failure.</summary>
    private static void Note(Stream stderr, string line)
    {
        try
        {
            stderr.Write(Encoding.UTF8.GetBytes(line + "\n"));
        }
        catch (Exception e) when (e is IOException or LibcException)
        {
        }
    }
}
