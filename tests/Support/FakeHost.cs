using System.Text.Json;
using CniPlugins.Runtime;

namespace CniPlugins.Tests.Support;

/// <summary>A temporary directory with everything a chain needs: plugins that are shell scripts writing down how they were called, a cache, configurations.</summary>
internal sealed class FakeHost : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cni-runtime-").FullName;

    public FakeHost()
    {
        foreach (var directory in new[] { PluginPath, ConfigPath, Log })
            Directory.CreateDirectory(directory);
    }

    public string PluginPath => Path.Combine(_directory, "bin");
    public string ConfigPath => Path.Combine(_directory, "net.d");
    public string CacheDirectory => Path.Combine(_directory, "cache");

    private string Log => Path.Combine(_directory, "log");

    /// <summary>The environment that the runtime itself was started with.</summary>
    public Dictionary<string, string> Environment { get; } = new() { ["PATH"] = "/usr/bin:/bin", ["TRACEPARENT"] = "00-1-2-03" };

    public NetworkRuntime Runtime => new(new PluginRunner([PluginPath], Environment), new ResultCache(CacheDirectory));

    /// <summary>A plugin that records its environment and stdin under a running number, then does what the shell text says.</summary>
    public void AddPlugin(string type, string body)
    {
        var path = Path.Combine(PluginPath, type);
        File.WriteAllText(path, $"""
            #!/bin/sh
            n=$(ls {Log} | wc -l)
            env | sort >{Log}/$n-{type}-$CNI_COMMAND.env
            cat >{Log}/$n-{type}-$CNI_COMMAND.in
            {body}
            """);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>A plugin whose ADD answers with an address of its own.</summary>
    public void AddPlugin(string type, int address, string version = "1.1.0") => AddPlugin(
        type,
        $$"""if [ $CNI_COMMAND = ADD ]; then echo '{"cniVersion":"{{version}}","ips":[{"address":"10.0.0.{{address}}/24"}]}'; fi""");

    public string WriteConfig(string name, string json)
    {
        var path = Path.Combine(ConfigPath, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, json);
        return path;
    }

    /// <summary>The calls in order, as <c>TYPE VERB</c>.</summary>
    public IReadOnlyList<string> Calls => [.. Recorded("*.in").Select(Call)];

    /// <summary>What a call read from stdin.</summary>
    public string Input(string type, string verb) => File.ReadAllText(Recorded($"*-{type}-{verb}.in").Last());

    public JsonElement InputJson(string type, string verb) => JsonDocument.Parse(Input(type, verb)).RootElement;

    /// <summary>The CNI_* variables (and others that were given) of a call.</summary>
    public IReadOnlyDictionary<string, string> Variables(string type, string verb) =>
        File.ReadAllLines(Recorded($"*-{type}-{verb}.env").Last()).Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

    /// <summary>A cache file's text.</summary>
    public string Cached(string name) => File.ReadAllText(CacheFile(name));

    public string CacheFile(string name) => Path.Combine(CacheDirectory, "results", name);

    public void Forget() => Array.ForEach(Directory.GetFiles(Log), File.Delete);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private IEnumerable<string> Recorded(string pattern) =>
        Directory.GetFiles(Log, pattern).OrderBy(file => int.Parse(Path.GetFileName(file).Split('-')[0]));

    /// <summary><c>12-host-local-ADD.in</c> was host-local's ADD.</summary>
    private static string Call(string file)
    {
        var parts = Path.GetFileNameWithoutExtension(file).Split('-');
        return $"{string.Join('-', parts[1..^1])} {parts[^1]}";
    }
}
