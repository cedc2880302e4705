using System.Text.Json;
using System.Text.Json.Nodes;

namespace CniPlugins.Tests.Support;

/// <summary>One node of a cluster with an API server on its loopback: the published calico plugin with the configuration that clusters really have.</summary>
public sealed class CalicoCluster : IDisposable
{
    public const string Node = "cadmin";

    private readonly Lazy<ApiServer> _api;
    private bool _hasAddress;

    public CalicoCluster() => _api = new Lazy<ApiServer>(() => new ApiServer("v1", Host.HostPath));

    internal Sandbox Host { get; } = new();

    internal ApiServer Api => _api.Value;

    /// <summary>The first plugin of the seed's conflist, with its address of the API server and its paths replaced.</summary>
    public string Conf => Configure("");

    /// <summary>The seed's pool, the node, the cluster's information; nothing else.</summary>
    internal ApiServer Begin()
    {
        Api.Clear();
        if (!_hasAddress)
            Host.Ip("addr add 192.0.2.1/32 dev lo"); // a node has an address to ask pods from
        _hasAddress = true;
        Api.AddNode(Node);
        Api.AddPool("default-ipv4-ippool", "192.168.0.0/16", """ "blockSize":26,"ipipMode":"Never","natOutgoing":true,"nodeSelector":"all()","vxlanMode":"CrossSubnet" """);
        Api.Apply($$$"""{"apiVersion":"{{{Api.Version}}}","kind":"ClusterInformation","metadata":{"name":"default"},"spec":{"datastoreReady":true}}""");
        return Api;
    }

    /// <summary>The same with other members, which take the place of those of the same name.</summary>
    public string Configure(string more, string version = "0.3.1")
    {
        var file = Path.Combine(Host.Directory, "nodename");
        File.WriteAllText(file, Node);
        var conf = JsonNode.Parse(
            $$$"""
            {"name":"k8s-pod-network","cniVersion":"{{{version}}}","type":"calico","datastore_type":"kubernetes","mtu":0,"nodename_file_optional":false,"log_level":"Info",
             "log_file_path":"{{{Host.Directory}}}/cni.log","ipam":{"type":"calico-ipam","assign_ipv4":"true","assign_ipv6":"false"},
             "container_settings":{"allow_ip_forwarding":false},"policy":{"type":"k8s"},
             "kubernetes":{"k8s_api_root":"{{{Api.Url}}}","kubeconfig":"{{{Api.KubeconfigPath}}}"},
             "nodename_file":"{{{file}}}","ipam_lock_file":"{{{Host.Directory}}}/ipam.lock"}
            """)!.AsObject();
        foreach (var (name, value) in JsonNode.Parse($"{{{more}}}")!.AsObject())
            conf[name] = value?.DeepClone();
        return conf.ToJsonString();
    }

    /// <summary>Calls as the kubelet's runtime makes them for a pod.</summary>
    internal CniCall For(string pod, string space = "default") => new(Host)
    {
        Variables = new Dictionary<string, string> { ["CNI_ARGS"] = $"IgnoreUnknown=1;K8S_POD_NAMESPACE={space};K8S_POD_NAME={pod};K8S_POD_INFRA_CONTAINER_ID=x" },
    };

    /// <summary>What kubectl shows of a pod's annotations.</summary>
    internal Dictionary<string, string> AnnotationsOf(string pod) =>
        Api.Get("pod", pod).GetProperty("metadata").TryGetProperty("annotations", out var all) ? all.EnumerateObject().ToDictionary(one => one.Name, one => one.Value.GetString()!) : [];

    /// <summary>How many objects of a kind there are.</summary>
    internal int Count(string plural) => Api.Get($"{plural}.{Api.Version.Split('/')[0]}").GetProperty("items").GetArrayLength();

    /// <summary>Every address that any block says is taken.</summary>
    internal IReadOnlyList<string> Held() =>
    [
        .. from block in Api.Get($"ipamblocks.{Api.Version.Split('/')[0]}").GetProperty("items").EnumerateArray()
           let spec = block.GetProperty("spec")
           from taken in spec.GetProperty("allocations").EnumerateArray().Select((index, ordinal) => (index, ordinal))
           where taken.index.ValueKind == JsonValueKind.Number
           select $"{spec.GetProperty("cidr").GetString()}+{taken.ordinal}={spec.GetProperty("attributes")[taken.index.GetInt32()].GetProperty("handle_id").GetString()}",
    ];

    public void Dispose()
    {
        if (_api.IsValueCreated)
            _api.Value.Dispose();
        Host.Dispose();
    }
}
