using System.Collections;
using System.Globalization;
using CniPlugins.Net;

namespace CniPlugins.Cni;

/// <summary>The CNI_* variables of a call (CNI specification, section 2), and the whole environment for a delegate.</summary>
internal sealed class CniEnvironment
{
    /// <summary>The variable of <see cref="GcStarted"/>.</summary>
    public const string GcStartedName = "CNI_PLUGINS_GC_STARTED";

    private IReadOnlyDictionary<string, string>? _variables;

    public CniEnvironment(IReadOnlyDictionary<string, string> variables) => _variables = variables;

    private CniEnvironment()
    {
    }

    /// <summary>This process's own environment, of which only those variables are looked up that somebody asks for.</summary>
    public static CniEnvironment Current => new();

    /// <summary>All variables, CNI's and others.</summary>
    public IReadOnlyDictionary<string, string> Variables => _variables ??= ReadAll();

    public string Command => this["CNI_COMMAND"];
    public string Netns => this["CNI_NETNS"];
    public string Args => this["CNI_ARGS"];

    /// <summary>The directories of CNI_PATH.</summary>
    public IReadOnlyList<string> Path => this["CNI_PATH"] is { Length: > 0 } path ? path.Split(':') : [];

    /// <summary>Whether the caller insists on working in the plugin's own namespace (cni/pkg/skel, CNI_NETNS_OVERRIDE).</summary>
    public bool OverridesNetnsCheck => this["CNI_NETNS_OVERRIDE"] is var text && (text == "1" || text.Equals("true", StringComparison.OrdinalIgnoreCase));

    /// <summary>When the runtime began a GC of the whole chain (CLOCK_BOOTTIME, ns); a variable of this suite's own, null from other runtimes.</summary>
    public long? GcStarted => long.TryParse(this[GcStartedName], NumberStyles.None, CultureInfo.InvariantCulture, out var started) ? started : null;

    /// <summary>A variable; missing and empty are the same.</summary>
    public string this[string name] =>
        (_variables is null ? Environment.GetEnvironmentVariable(name) : _variables.GetValueOrDefault(name)) ?? "";

    /// <summary>
    /// Checks what the verb requires in upstream's order: an invalid value is an error at once, missing ones are listed together. Code 4.
    /// An unknown verb requires what all of them do; it is refused later, after the configuration was read.
    /// </summary>
    public void Validate()
    {
        var missing = new List<string>();
        var attachment = Command is "ADD" or "CHECK" or "DEL" or "REPAIR";
        if (Command.Length == 0)
            missing.Add("CNI_COMMAND");
        if (attachment && this["CNI_CONTAINERID"] is { Length: > 0 } id)
            _ = ContainerId.Parse(id);
        else if (attachment)
            missing.Add("CNI_CONTAINERID");
        if (Command is "ADD" or "CHECK" or "REPAIR" && Netns.Length == 0)
            missing.Add("CNI_NETNS");
        if (attachment && this["CNI_IFNAME"] is { Length: > 0 } name)
            _ = ParseIfName(name);
        else if (attachment)
            missing.Add("CNI_IFNAME");
        if (this["CNI_PATH"].Length == 0 && (attachment || Command is "GC" or "STATUS"))
            missing.Add("CNI_PATH");
        if (missing.Count > 0)
            throw new CniException(CniErrorCode.InvalidEnvironment, $"required env variables [{string.Join(',', missing)}] missing");
    }

    public ContainerId ContainerId => ContainerId.Parse(this["CNI_CONTAINERID"]);

    public IfName IfName => ParseIfName(this["CNI_IFNAME"]);

    /// <summary>The same environment with another verb, as NAME=value, for a delegated plugin.</summary>
    public IReadOnlyList<string> With(string command) =>
        [.. Variables.Where(v => v.Key != "CNI_COMMAND").Select(v => $"{v.Key}={v.Value}"), $"CNI_COMMAND={command}"];

    /// <summary>The same environment that says when the call began.</summary>
    public CniEnvironment WithGcStarted(long started) =>
        new(new Dictionary<string, string>(Variables) { [GcStartedName] = started.ToString(CultureInfo.InvariantCulture) });

    /// <summary>The same environment with another verb.</summary>
    public CniEnvironment WithCommand(string command) => command == Command ? this : WithVariable("CNI_COMMAND", command);

    /// <summary>The same environment with another value of a variable.</summary>
    public CniEnvironment WithVariable(string name, string value) => new(new Dictionary<string, string>(Variables) { [name] = value });

    private static Dictionary<string, string> ReadAll()
    {
        var variables = new Dictionary<string, string>();
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
            variables[(string)entry.Key] = (string?)entry.Value ?? "";
        return variables;
    }

    private static IfName ParseIfName(string text) =>
        IfName.TryParse(text, out var problem, out var details) ?? throw new CniException(CniErrorCode.InvalidEnvironment, problem, details);
}
