using System.Text.Json;
using System.Text.Json.Nodes;

namespace CniPlugins.Tests.Support;

/// <summary>Calls a published executable as a runtime would: environment, configuration on stdin, one document on stdout.</summary>
internal sealed class CniCall
{
    /// <summary>Our executables, as scripts/build.sh published them.</summary>
    public static string OurBin { get; } =
        Environment.GetEnvironmentVariable("CNI_PLUGINS_BIN") ?? Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "bin"));

    /// <summary>Debian's build of the reference plugins (package containernetworking-plugins).</summary>
    public const string UpstreamBin = "/usr/lib/cni";

    private readonly Sandbox _host;

    public CniCall(Sandbox host, string? bin = null)
    {
        _host = host;
        Bin = bin ?? OurBin;
        CniPath = Bin;
        Assert.SkipUnless(File.Exists(Path.Combine(Bin, "bridge")), $"no plugins in {Bin}: run scripts/build.sh, or install containernetworking-plugins");
    }

    /// <summary>Where the plugin itself is taken from.</summary>
    public string Bin { get; init; }

    /// <summary>CNI_PATH.</summary>
    public string CniPath { get; init; }

    /// <summary>More CNI_* variables.</summary>
    public Dictionary<string, string> Variables { get; init; } = [];

    /// <summary>ADD; fails the test unless it succeeds; returns the result.</summary>
    public JsonElement Add(string conf, string id, string pod, string ifName = "eth0")
    {
        var reply = Run("ADD", conf, id, pod, ifName);
        Assert.True(reply.ExitCode == 0, reply.Output + reply.Error);
        return JsonDocument.Parse(reply.Output).RootElement;
    }

    /// <summary>CHECK with a result; fails the test unless it succeeds silently.</summary>
    public void Check(string conf, JsonElement result, string id, string pod, string ifName = "eth0")
    {
        var reply = TryCheck(conf, result, id, pod, ifName);
        Assert.True(reply.ExitCode == 0 && reply.Output.Length == 0, reply.Output + reply.Error);
    }

    public ToolResult TryCheck(string conf, JsonElement result, string id, string pod, string ifName = "eth0") =>
        Run("CHECK", WithPrevious(conf, result), id, pod, ifName);

    /// <summary>DEL; fails the test unless it succeeds silently.</summary>
    public void Del(string conf, string id, string pod, string ifName = "eth0")
    {
        var reply = Run("DEL", conf, id, pod, ifName);
        Assert.True(reply.ExitCode == 0 && reply.Output.Length == 0, reply.Output + reply.Error);
    }

    /// <summary>GC with the attachments that are still valid; fails the test unless it succeeds.</summary>
    public void Gc(string conf, params (string Id, string IfName)[] valid)
    {
        var node = JsonNode.Parse(conf)!.AsObject();
        node["cni.dev/valid-attachments"] = new JsonArray([.. valid.Select(v => new JsonObject { ["containerID"] = v.Id, ["ifname"] = v.IfName })]);
        var reply = Run("GC", node.ToJsonString(), "", "", "");
        Assert.True(reply.ExitCode == 0, reply.Output + reply.Error);
    }

    public ToolResult Status(string conf) => Run("STATUS", conf, "", "", "");

    /// <summary>A verb, whatever comes of it.</summary>
    public ToolResult Run(string command, string conf, string id, string pod, string ifName = "eth0")
    {
        var type = JsonDocument.Parse(conf).RootElement.GetProperty("type").GetString()!;
        return Raw(type, System.Text.Encoding.UTF8.GetBytes(conf), VariablesFor(command, id, pod, ifName));
    }

    /// <summary>The environment a runtime gives to a plugin.</summary>
    public Dictionary<string, string> VariablesFor(string command, string id, string pod, string ifName = "eth0")
    {
        var environment = new Dictionary<string, string>
        {
            ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "",
            ["CNI_COMMAND"] = command,
            ["CNI_CONTAINERID"] = id,
            ["CNI_NETNS"] = pod,
            ["CNI_IFNAME"] = ifName,
            ["CNI_PATH"] = CniPath,
        };
        foreach (var (name, value) in Variables)
            environment[name] = value;
        return environment;
    }

    /// <summary>Exactly these bytes and variables.</summary>
    public ToolResult Raw(string type, byte[] stdin, IReadOnlyDictionary<string, string> environment) =>
        Execute([Path.Combine(Bin, type)], stdin, environment);

    /// <summary>A command line of one's own, on the host.</summary>
    public ToolResult Execute(string[] command, byte[] stdin, IReadOnlyDictionary<string, string> environment) =>
        Tool.Try("/usr/bin/nsenter", [$"--net={_host.HostPath}", .. command], stdin, environment);

    /// <summary>The error document of a failed call: exit 1 and exactly one JSON object with code and msg.</summary>
    public static (int Code, string Message, string Details) Error(ToolResult reply)
    {
        Assert.True(reply.ExitCode == 1, $"exit {reply.ExitCode}: {reply.Output}{reply.Error}");
        var document = JsonDocument.Parse(reply.Output).RootElement;
        return (
            document.GetProperty("code").GetInt32(),
            document.GetProperty("msg").GetString()!,
            document.TryGetProperty("details", out var details) ? details.GetString()! : "");
    }

    public static string WithPrevious(string conf, JsonElement result)
    {
        var node = JsonNode.Parse(conf)!.AsObject();
        node["prevResult"] = JsonNode.Parse(result.GetRawText());
        return node.ToJsonString();
    }
}
