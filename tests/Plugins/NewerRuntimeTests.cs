using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>What libcni 1.2 and newer sends for containerd 2 and CRI-O, byte by byte (libcni/api.go): VERSION, STATUS and GC of every chain.</summary>
public sealed class NewerRuntimeTests : IDisposable
{
    private readonly Sandbox _host = new();
    private readonly CniCall _cni;

    public NewerRuntimeTests() => _cni = new CniCall(_host);

    public static TheoryData<string> Files => ["chain", "87-podman-bridge.conflist", "10-containerd-net.conflist", "100-crio-bridge.conflist", "200-loopback.conflist", "10-kindnet.conflist", "10-flannel-delegate.conflist"];

    [Theory]
    [MemberData(nameof(Files))]
    public void VERSION_is_answered_without_a_network_or_a_path(string file)
    {
        foreach (var plugin in Plugins(file))
        {
            var reply = _cni.Raw(plugin["type"]!.GetValue<string>(), """{"cniVersion":"1.1.0"}"""u8.ToArray(), Variables("VERSION", path: "dummy", netns: "dummy", ifName: "dummy"));
            Assert.True(reply.ExitCode == 0 && reply.Error.Length == 0, reply.Output + reply.Error);
            var versions = JsonDocument.Parse(reply.Output).RootElement.GetProperty("supportedVersions").EnumerateArray().Select(version => version.GetString()).ToArray();
            Assert.Contains("0.4.0", versions);
            Assert.Contains("1.0.0", versions);
            Assert.Contains("1.1.0", versions);
        }
    }

    /// <summary>containerd asks every few seconds, from the moment it has read the file, long before the first pod.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void STATUS_of_a_host_that_has_had_no_pod_is_ready_and_changes_nothing(string file)
    {
        var before = Snapshot.Of(_host) + PortNetwork.Rules(_host);
        foreach (var plugin in Plugins(file))
            Silent(plugin, "STATUS");
        Assert.Equal(before, Snapshot.Of(_host) + PortNetwork.Rules(_host));
    }

    /// <summary>A list of none, a list of strangers, and null, which Go makes of a list that nobody has filled.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void GC_of_a_host_that_has_had_no_pod_succeeds_and_changes_nothing(string file)
    {
        var before = Snapshot.Of(_host) + PortNetwork.Rules(_host);
        foreach (var valid in (string[])["[]", """[{"containerID":"b3f1","ifname":"eth0"},{"containerID":"default-c1","ifname":"net1"}]""", "null"])
        {
            foreach (var plugin in Plugins(file))
            {
                plugin["cni.dev/attachments"] = JsonNode.Parse(valid);
                plugin["cni.dev/valid-attachments"] = JsonNode.Parse(valid);
                Silent(plugin, "GC");
            }
        }

        Assert.Equal(before, Snapshot.Of(_host) + PortNetwork.Rules(_host));
    }

    [Fact]
    public void GC_with_both_spellings_keeps_the_valid_attachment_and_takes_the_other()
    {
        var (kept, lost) = (_host.AddPod(), _host.AddPod());
        var runtime = new ChainCall(_host);
        var list = RuntimeNetwork.Chain("1.1.0").Replace("\"type\":\"host-local\"", $"\"type\":\"host-local\",\"dataDir\":\"{Conf.LeaseDirectory(_host)}\"", StringComparison.Ordinal);
        runtime.Add(list, "kept", kept, PortNetwork.Ports(8080));
        var before = PortNetwork.Rules(_host);
        runtime.Add(list, "lost", lost, PortNetwork.Ports(8081));
        Assert.NotEqual(before, PortNetwork.Rules(_host));

        foreach (var plugin in Plugins(list, isFile: false))
        {
            foreach (var key in (string[])["cni.dev/attachments", "cni.dev/valid-attachments"])
                plugin[key] = JsonNode.Parse("""[{"containerID":"kept","ifname":"eth0"}]""");
            Silent(plugin, "GC");
        }

        Assert.Equal(before, PortNetwork.Rules(_host));
        Assert.Equal(["10.77.0.2", "fd00:77::2"], Conf.Leases(_host, "pods"));
        runtime.Check(list, "kept", kept, PortNetwork.Ports(8080));
        Assert.Single(_host.IpJson("link show master cni0").EnumerateArray());
    }

    public void Dispose() => _host.Dispose();

    /// <summary>Success of STATUS and GC has no output.</summary>
    private void Silent(JsonObject plugin, string verb)
    {
        var reply = _cni.Raw(plugin["type"]!.GetValue<string>(), Encoding.UTF8.GetBytes(plugin.ToJsonString()), Variables(verb, _cni.CniPath));
        Assert.True(reply.ExitCode == 0 && reply.Output.Length == 0, $"{verb} {plugin.ToJsonString()}: {reply.Output}{reply.Error}");
    }

    /// <summary>The plugins of a list as libcni renders them: the list's name and version put in, keys sorted, addresses kept in the test's own directory.</summary>
    private JsonObject[] Plugins(string source, bool isFile = true)
    {
        var text = !isFile ? source : source == "chain" ? RuntimeNetwork.Chain("1.1.0") : RuntimeNetwork.Default(source);
        var list = JsonNode.Parse(text)!.AsObject();
        return [.. list["plugins"]!.AsArray().Select(plugin => Rendered(plugin!.AsObject(), list["name"]!.GetValue<string>()))];
    }

    private JsonObject Rendered(JsonObject plugin, string network)
    {
        var members = plugin.DeepClone().AsObject();
        (members["name"], members["cniVersion"]) = (network, "1.1.0");
        if (members["ipam"] is JsonObject ipam)
            ipam["dataDir"] = Conf.LeaseDirectory(_host);
        return new JsonObject(members.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone())));
    }

    /// <summary>libcni sets every variable, empty where it has nothing to say.</summary>
    private static Dictionary<string, string> Variables(string verb, string path, string netns = "", string ifName = "") => new()
    {
        ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "",
        ["CNI_COMMAND"] = verb,
        ["CNI_CONTAINERID"] = "",
        ["CNI_NETNS"] = netns,
        ["CNI_ARGS"] = "",
        ["CNI_IFNAME"] = ifName,
        ["CNI_PATH"] = path,
    };
}
