using System.Text;
using System.Text.Json;
using CniPlugins.Cni;
using CniPlugins.Ipam.HostLocal;

namespace CniPlugins.Tests.Unit;

/// <summary>A data directory of its own and a network called n, on which host-local is called as a runtime would.</summary>
internal sealed class HostLocalLab : IDisposable
{
    public const string Upstream = "/usr/lib/cni/host-local";

    public HostLocalLab() => DataDir = Directory.CreateTempSubdirectory("host-local-").FullName;

    public string DataDir { get; }

    /// <summary>The rest of the ipam section.</summary>
    public string Ipam { get; set; } = """ "subnet": "10.1.0.0/29" """;

    /// <summary>Further members of the configuration, with a comma at the end.</summary>
    public string More { get; set; } = "";

    public string Version { get; set; } = "1.1.0";

    public string Args { get; set; } = "";

    public string Network => Path.Combine(DataDir, "n");

    public string Index => Path.Combine(DataDir, ".index", "n");

    /// <summary>The address files that are there, sorted.</summary>
    public string Files => string.Join(' ', Directory.GetFiles(Network).Select(Path.GetFileName)
        .Where(name => name != "lock" && !name!.StartsWith("last_", StringComparison.Ordinal)).Order(StringComparer.Ordinal));

    public string PathOf(string name) => Path.Combine(Network, name);

    public string RecordOf(string container, string ifname = "eth0") => Path.Combine(Index, "owners", $"{container}:{ifname}");

    public void Plant(string name, string content)
    {
        Directory.CreateDirectory(Network);
        File.WriteAllText(PathOf(name), content);
    }

    /// <summary>As if the machine had rebooted since the container's ADD.</summary>
    public void OfAnotherBoot(string container)
    {
        var text = File.ReadAllText(RecordOf(container));
        var boot = JsonDocument.Parse(text).RootElement.GetProperty("bootID").GetString()!;
        File.WriteAllText(RecordOf(container), text.Replace(boot, "11111111-2222-3333-4444-555555555555", StringComparison.Ordinal));
    }

    public LabAnswer Call(string verb, string container = "c1", string ifname = "eth0", string netns = "/run/netns/none-such")
    {
        using var stdin = new MemoryStream(Encoding.UTF8.GetBytes(Config()));
        using var stdout = new MemoryStream();
        using var stderr = new MemoryStream();
        var host = new PluginHost(name => name == "host-local" ? new HostLocalPlugin() : null, "version unknown");
        var code = host.Run("host-local", new CniEnvironment(Environment(verb, container, ifname, netns)), stdin, stdout, stderr);
        return new LabAnswer(code, Encoding.UTF8.GetString(stdout.ToArray()));
    }

    /// <summary>The same call to upstream's plugin, which knows no version newer than 1.0.0.</summary>
    public LabAnswer CallUpstream(string verb, string container = "c1", string ifname = "eth0")
    {
        Assert.SkipUnless(File.Exists(Upstream), "upstream's host-local is not installed (containernetworking-plugins)");
        Version = "1.0.0";
        var answer = Support.Tool.Try(Upstream, [], Encoding.UTF8.GetBytes(Config()), Environment(verb, container, ifname, "/run/netns/none-such"));
        return new LabAnswer(answer.ExitCode, answer.Output);
    }

    /// <summary>ADD that has to succeed; its addresses without prefix, separated by blanks.</summary>
    public string Add(string container = "c1", string ifname = "eth0") => Call("ADD", container, ifname).Addresses;

    public void Del(string container = "c1", string ifname = "eth0") => Call("DEL", container, ifname).ShouldSucceed();

    public void Gc(params (string Container, string IfName)[] valid)
    {
        var list = valid.Select(v => $$"""{"containerID": "{{v.Container}}", "ifname": "{{v.IfName}}"}""");
        More = $"\"cni.dev/valid-attachments\": [{string.Join(',', list)}],";
        Call("GC").ShouldSucceed();
        More = "";
    }

    public void Dispose() => Directory.Delete(DataDir, recursive: true);

    private string Config() =>
        $"{{\"cniVersion\": \"{Version}\", \"name\": \"n\", \"type\": \"bridge\", {More} \"ipam\": "
        + $"{{\"type\": \"host-local\", \"dataDir\": \"{DataDir}\"{(Ipam.Length == 0 ? "" : ",")} {Ipam}}}}}";

    private Dictionary<string, string> Environment(string verb, string container, string ifname, string netns) => new()
    {
        ["CNI_COMMAND"] = verb,
        ["CNI_CONTAINERID"] = container,
        ["CNI_IFNAME"] = ifname,
        ["CNI_NETNS"] = netns,
        ["CNI_PATH"] = "/opt/cni/bin",
        ["CNI_ARGS"] = Args,
    };
}

internal sealed record LabAnswer(int ExitCode, string Output)
{
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>"code: message" of an error.</summary>
    public string Error => ExitCode == 0 ? $"success: {Output}" : $"{Json.GetProperty("code")}: {Json.GetProperty("msg").GetString()}";

    public string Details => Json.TryGetProperty("details", out var details) ? details.GetString()! : "";

    public string Addresses
    {
        get
        {
            ShouldSucceed();
            return string.Join(' ', Json.GetProperty("ips").EnumerateArray().Select(ip => ip.GetProperty("address").GetString()!.Split('/')[0]));
        }
    }

    public void ShouldSucceed() => Assert.True(ExitCode == 0, Output);
}
