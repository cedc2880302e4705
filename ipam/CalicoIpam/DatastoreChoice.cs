using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Datastores.Etcd;
using CniPlugins.Ipam.Blocks.Datastores.Kubernetes;
using CniPlugins.Ipam.Blocks.Datastores.Local;
using CniPlugins.Kubernetes;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>Where pools, blocks and handles are kept, as configuration and environment say.</summary>
/// <remarks>
/// Upstream writes the configuration's values into variables and reads those, first with CALICO_ in front: so such a variable of the environment beats the
/// configuration, and one without is beaten by it.
/// </remarks>
internal sealed record DatastoreChoice
{
    public const string Local = "local";
    public const string Etcd = "etcdv3";
    public const string Kubernetes = "kubernetes";

    public required string Type { get; init; }

    /// <summary>Null unless it is etcd.</summary>
    public EtcdSettings? Server { get; init; }

    /// <summary>Null unless it is a cluster's API.</summary>
    public KubernetesChoice? Cluster { get; init; }

    /// <summary>The embedded store's directory (<c>ipam.dataDir</c>, ours).</summary>
    public string Directory { get; init; } = LocalDatastore.DefaultRoot;

    public IDatastore Open() =>
        Cluster is not null ? new KubernetesDatastore(new ApiClient(Cluster.Load), Cluster.Group)
        : Server is not null ? new EtcdDatastore(Server)
        : new LocalDatastore(Directory);

    public override string ToString() =>
        Cluster is not null ? $"{Type} by {Cluster}"
        : Server is not null ? $"{Type} at {string.Join(",", Server.Endpoints)}"
        : $"files in {Directory}";

    /// <summary>Decides; code 7 for a datastore that nobody knows, or that is not built in.</summary>
    public static DatastoreChoice Of(Request request) => Of(new OptionReader(request.Conf.Root), request.Environment.Variables);

    public static DatastoreChoice Of(OptionReader options, IReadOnlyDictionary<string, string> environment)
    {
        string Value(string written, string variable) => DatastoreChoice.Value(written, variable, environment);

        var endpoints = Value(options.Text("etcd_endpoints", "The servers of etcd: URLs, separated by commas."), "ETCD_ENDPOINTS");
        var discovery = Value(options.Text("etcd_discovery_srv", "Not supported: name the servers in etcd_endpoints."), "ETCD_DISCOVERY_SRV");
        var authority = Value(options.Text("etcd_ca_cert_file", "The certificates that etcd's servers are trusted by."), "ETCD_CA_CERT_FILE");
        var certificate = Value(options.Text("etcd_cert_file", "The certificate to show to etcd's servers."), "ETCD_CERT_FILE");
        var key = Value(options.Text("etcd_key_file", "The key of that certificate."), "ETCD_KEY_FILE");
        var said = Value(options.Text("datastore_type", "Where pools and addresses are kept: `kubernetes`, `etcdv3` or `local`; when absent, etcd if there are endpoints, else Kubernetes if anything is said about it."), "DATASTORE_TYPE");
        var cluster = KubernetesChoice.Of(options, environment);
        var directory = options.Section("ipam").Text(
            "dataDir", "The directory of the local datastore.", LocalDatastore.DefaultRoot, since: OptionReader.OnlyHere);
        var type = said.Length > 0 ? said
            : endpoints.Length > 0 || discovery.Length > 0 ? Etcd
            : options.Has("kubernetes") || options.Has("policy") || Value("", "KUBECONFIG").Length > 0 || Value("", "K8S_API_ENDPOINT").Length > 0 ? Kubernetes
            : Local;
        return type switch
        {
            Local => new DatastoreChoice { Type = type, Directory = directory },
            Etcd when endpoints.Length > 0 => new DatastoreChoice
            {
                Type = type,
                Server = EtcdSettings.Of(endpoints.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) with
                {
                    CaFile = NullIfEmpty(authority),
                    CertFile = NullIfEmpty(certificate),
                    KeyFile = NullIfEmpty(key),
                    Username = NullIfEmpty(Value("", "ETCD_USERNAME")),
                    Password = NullIfEmpty(Value("", "ETCD_PASSWORD")),
                },
            },
            Etcd when discovery.Length > 0 =>
                throw new CniException(CniErrorCode.InvalidNetworkConfig, "etcd_discovery_srv is not supported", "name the servers in etcd_endpoints"),
            Etcd => throw new CniException(CniErrorCode.InvalidNetworkConfig, "datastore_type is etcdv3, but there are no etcd_endpoints", "a list of URLs: http://192.0.2.1:2379,http://192.0.2.2:2379"),
            Kubernetes => new DatastoreChoice { Type = type, Cluster = cluster },
            _ => throw new CniException(CniErrorCode.InvalidNetworkConfig, $"unknown datastore_type \"{type}\"", "known are local, etcdv3 and kubernetes"),
        };
    }

    /// <summary>Kubernetes beside another datastore: where pods are, when their addresses are not there.</summary>
    public static DatastoreChoice KubernetesOf(Request request) =>
        new() { Type = Kubernetes, Cluster = KubernetesChoice.Of(new OptionReader(request.Conf.Root), request.Environment.Variables) };

    /// <summary>A setting: CALICO_VARIABLE beats what is written, which beats VARIABLE.</summary>
    internal static string Value(string written, string variable, IReadOnlyDictionary<string, string> environment) =>
        environment.GetValueOrDefault($"CALICO_{variable}", "") is { Length: > 0 } first ? first
        : written.Length > 0 ? written
        : environment.GetValueOrDefault(variable, "");

    private static string? NullIfEmpty(string text) => text.Length > 0 ? text : null;
}
