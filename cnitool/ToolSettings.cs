using System.Text;
using System.Text.Json;
using CniPlugins.Cni;
using CniPlugins.Cnitool.Validation;
using CniPlugins.Digest;
using CniPlugins.Linux;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool;

/// <summary>What the environment says, in upstream's variables (cnitool/cmd/root.go).</summary>
internal sealed class ToolSettings(IReadOnlyDictionary<string, string> environment)
{
    private const string NamedNamespaces = "/run/netns";

    private readonly List<PluginCall> _calls = [];

    /// <summary>All variables.</summary>
    public IReadOnlyDictionary<string, string> Environment => environment;

    public string ConfigPath => this["NETCONFPATH"] is { Length: > 0 } path ? path : "/etc/cni/net.d";

    /// <summary>What CNI_PATH says; empty when it says nothing.</summary>
    public IReadOnlyList<string> PluginPath => this["CNI_PATH"] is { Length: > 0 } path ? path.Split(':') : [];

    /// <summary>Every call of a plugin that was made for this command line, in order.</summary>
    public IReadOnlyList<PluginCall> Calls => _calls;

    /// <summary>Runs plugins from CNI_PATH's directories or, where it says nothing, from the directory that cnitool lies in, if plugins do too, else from /opt/cni/bin.</summary>
    public PluginRunner Plugins => new(PluginDirectories, environment) { Observer = _calls.Add };

    /// <summary>The directories that <see cref="Plugins"/> looks into.</summary>
    public IReadOnlyList<string> PluginDirectories => PluginPath.Count > 0 ? PluginPath : [OwnDirectory() ?? "/opt/cni/bin"];

    /// <summary>A network of NETCONFPATH; a broken file is named, and keeps nobody from the others.</summary>
    public NetworkList Network(string name, TextWriter error) =>
        new ConfigDirectory(ConfigPath).Find(name, problem => error.WriteLine($"cnitool: {problem}"));

    /// <summary>
    /// A pod's namespace as an attachment: container ID from the absolute path, data from the environment. A word that is no path here is a name of
    /// <c>ip netns</c>, if there is one.
    /// </summary>
    public RuntimeAttachment Attachment(string netns, string? ifName)
    {
        var named = Path.Combine(NamedNamespaces, netns);
        var isName = !netns.Contains('/', StringComparison.Ordinal) && !Path.Exists(netns) && Path.Exists(named);
        var path = isName ? named : Path.GetFullPath(netns);
        var name = ifName ?? (this["CNI_IFNAME"] is { Length: > 0 } variable ? variable : "eth0");
        return new RuntimeAttachment(ContainerIdOf(path), path, name) { Args = Args(), CapabilityArgs = CapabilityArgs() };
    }

    /// <summary>Upstream's container ID for a namespace: the first ten bytes of the path's SHA-512.</summary>
    public static string ContainerIdOf(string netnsPath) => $"cnitool-{Sha512.Hex(netnsPath)[..20]}";

    private static string? OwnDirectory() =>
        Path.GetDirectoryName(System.Environment.ProcessPath) is { Length: > 0 } own
        && KnownPlugins.Names.Any(name => FileStatus.LeadsToExecutable(Path.Combine(own, name))) ? own : null;

    private string this[string name] => environment.GetValueOrDefault(name, "");

    private IReadOnlyList<KeyValuePair<string, string>> Args() =>
        this["CNI_ARGS"] is not { Length: > 0 } text ? []
        : [.. text.Split(';').Select(pair => pair.Split('=') is [{ Length: > 0 } key, { Length: > 0 } value]
            ? new KeyValuePair<string, string>(key, value)
            : throw new CniException($"invalid CNI_ARGS pair \"{pair}\""))];

    private IReadOnlyDictionary<string, JsonElement> CapabilityArgs()
    {
        if (this["CAP_ARGS"] is not { Length: > 0 } text)
            return new Dictionary<string, JsonElement>();
        try
        {
            var data = ConfigObject.Parse(Encoding.UTF8.GetBytes(text), "map[string]interface {}").Element;
            return data.EnumerateObject().Select(member => member.Name).Distinct().ToDictionary(name => name, data.GetProperty);
        }
        catch (ConfigException e)
        {
            throw new CniException($"CAP_ARGS is not a JSON object: {e.Message}");
        }
    }
}
