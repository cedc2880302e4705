using System.Text;
using System.Text.Json;
using CniPlugins.Cni;
using CniPlugins.Fuzz.Mutation;
using CniPlugins.Ipam.CalicoIpam;

namespace CniPlugins.Fuzz.Targets;

/// <summary>A plugin called as a runtime calls it, but in this process; its answer is held against the protocol.</summary>
internal sealed record PluginCall(string Plugin, IReadOnlyDictionary<string, string> Variables, byte[] Stdin)
{
    private const string Path = "/run/fuzz/bin";

    private static readonly PluginHost Suite = new(name => name == "calico-ipam" ? new CalicoIpamPlugin() : Program.Find(name), "fuzz");

    public string Verb => Variables.GetValueOrDefault("CNI_COMMAND", "");

    /// <summary>Reads an input; whatever CNI_PATH says, no program is run but out of our own directory.</summary>
    public static PluginCall Parse(byte[] input)
    {
        var (lines, stdin) = CallMutator.Split(input);
        var variables = new Dictionary<string, string>();
        foreach (var line in lines)
        {
            if (line.Split('=', 2) is [var name, var value])
                variables[name] = value;
        }

        if (variables.Remove("PLUGIN", out var plugin) && variables.GetValueOrDefault("CNI_PATH", "").Length > 0)
            variables["CNI_PATH"] = Path;
        return new PluginCall(plugin ?? "bridge", variables, stdin);
    }

    public PluginCall With(string verb) => this with { Variables = new Dictionary<string, string>(Variables) { ["CNI_COMMAND"] = verb } };

    /// <summary>Calls it; true when it succeeded. Throws <see cref="ViolationException"/> for an answer that the protocol does not allow.</summary>
    public bool Run()
    {
        using var stdin = new MemoryStream(Stdin, writable: false);
        using var stdout = new MemoryStream();
        using var stderr = new MemoryStream();
        var exitCode = Suite.Run(Plugin, new CniEnvironment(Variables), stdin, stdout, stderr);
        var answer = stdout.ToArray();
        ViolationException.Unless(exitCode is 0 or 1, $"{Plugin}: exit code {exitCode}");
        if (exitCode == 1)
            RequireError(answer);
        else if (Verb == "ADD")
            RequireResult(answer);
        else if (Verb == "VERSION")
            ViolationException.Unless(Root(answer).TryGetProperty("supportedVersions", out _), $"{Plugin}: VERSION without versions");
        else
            ViolationException.Unless(answer.Length == 0, $"{Plugin}: {Verb} that succeeds says something");
        return exitCode == 0;
    }

    private void RequireError(byte[] answer)
    {
        var error = Root(answer);
        ViolationException.Unless(error.TryGetProperty("code", out var code) && code.TryGetInt32(out var number) && number is > 0 and < 1000, $"{Plugin}: an error without a code");
        var message = error.TryGetProperty("msg", out var text) ? text.GetString() ?? "" : "";
        ViolationException.Unless(message.Length > 0, $"{Plugin}: an error without a message");

        // What the runtime itself says when code meets what it was not written for.
        foreach (var crash in new[] { "Object reference not set", "Index was out", "Arithmetic operation", "Sequence contains", "Specified argument", "Parameter '", "Value cannot be null", "was either too large", "Input string was not", "Nullable object", "Cannot transcode", "Cannot read incomplete", "has already been added", "Unable to cast" })
            ViolationException.Unless(!message.Contains(crash, StringComparison.Ordinal), $"{Plugin}: {Verb} crashes: {message[..Math.Min(message.Length, 160)]}");
    }

    private void RequireResult(byte[] answer)
    {
        var version = Root(answer).GetProperty("cniVersion").GetString() ?? "";
        _ = ResultReader.Read(answer, version);
    }

    /// <summary>The answer as exactly one document.</summary>
    private JsonElement Root(byte[] answer)
    {
        try
        {
            var root = JsonDocument.Parse(answer, new JsonDocumentOptions { MaxDepth = 10_000 }).RootElement;
            ViolationException.Unless(root.ValueKind == JsonValueKind.Object, $"{Plugin}: the answer is no object");
            return root;
        }
        catch (JsonException e)
        {
            throw new ViolationException($"{Plugin}: {Verb} answers what is not one document: {e.Message} {Encoding.UTF8.GetString(answer)[..Math.Min(answer.Length, 80)]}");
        }
    }
}
