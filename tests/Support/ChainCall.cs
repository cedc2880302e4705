using System.Text;
using System.Text.Json;
using CniPlugins.Runtime;

namespace CniPlugins.Tests.Support;

/// <summary>A container runtime on a sandbox's host: runs whole chains and remembers their results, as libcni does.</summary>
internal sealed class ChainCall
{
    private readonly Sandbox _host;
    private readonly NetworkRuntime _runtime;

    /// <param name="bin">Where plugins are looked for: ours when null.</param>
    public ChainCall(Sandbox host, string? bin = null)
    {
        _host = host;
        Assert.SkipUnless(File.Exists(Path.Combine(bin ?? CniCall.OurBin, "bridge")), $"no plugins in {bin ?? CniCall.OurBin}");
        var environment = new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "" };
        CacheDirectory = Path.Combine(host.Directory, "cache");
        _runtime = new NetworkRuntime(new PluginRunner((bin ?? CniCall.OurBin).Split(':'), environment), new ResultCache(CacheDirectory));
    }

    /// <summary>Where results are remembered between ADD and DEL; the same for every runtime on this host.</summary>
    public string CacheDirectory { get; }

    /// <summary>Data for bandwidth, given with every call; none when null.</summary>
    public string? Limits { get; init; }

    /// <summary>GC with the attachments that are still valid.</summary>
    public void Gc(string conflist, IReadOnlyList<Cni.Attachment> valid) => InHost(() => _runtime.Gc(List(conflist), valid));

    /// <summary>ADD of the whole chain; returns the last result.</summary>
    public JsonElement Add(string conflist, string id, string pod, string? ports = null, string ifName = "eth0") => InHost(() =>
        JsonDocument.Parse(_runtime.Add(List(conflist), Attachment(id, pod, ports, ifName)).ToBytes()).RootElement);

    public void Check(string conflist, string id, string pod, string? ports = null, string ifName = "eth0") =>
        InHost(() => _runtime.Check(List(conflist), Attachment(id, pod, ports, ifName)));

    public void Del(string conflist, string id, string pod, string? ports = null, string ifName = "eth0") =>
        InHost(() => _runtime.Del(List(conflist), Attachment(id, pod, ports, ifName)));

    public void Status(string conflist) => InHost(() => _runtime.Status(List(conflist)));

    private static NetworkList List(string conflist) => NetworkList.Parse(Encoding.UTF8.GetBytes(conflist));

    private RuntimeAttachment Attachment(string id, string pod, string? ports, string ifName) => new(id, pod, ifName)
    {
        CapabilityArgs = new[] { ("portMappings", ports), ("bandwidth", Limits) }.Where(data => data.Item2 is not null)
            .ToDictionary(data => data.Item1, data => JsonDocument.Parse(data.Item2!).RootElement),
    };

    /// <summary>A child belongs to the namespace of the thread that makes it.</summary>
    private T InHost<T>(Func<T> call)
    {
        using var netns = _host.OpenHost();
        return netns.Run(call);
    }

    private void InHost(Action call) => InHost(() =>
    {
        call();
        return true;
    });
}
