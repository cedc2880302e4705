using CniPlugins.Cni.Options;
using CniPlugins.Ipam.Blocks.Datastores.Kubernetes;
using CniPlugins.Kubernetes;
using CniPlugins.Linux;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>How a cluster's API is reached, as configuration and environment say: a kubeconfig, what beats it, or what a pod is given.</summary>
internal sealed record KubernetesChoice
{
    /// <summary><c>kubernetes.kubeconfig</c>, KUBECONFIG, ~/.kube/config; empty when there is none.</summary>
    public required IReadOnlyList<string> Kubeconfigs { get; init; }

    public required KubeconfigOverrides Overrides { get; init; }

    /// <summary>Whether somebody said so: else a file that is not there does not count.</summary>
    private bool IsNamed { get; init; }

    /// <summary><c>calico_api_group</c>; null leaves it to what the server has.</summary>
    public ApiGroup? Group { get; init; }

    private IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>What the configuration and the environment say about it.</summary>
    public static KubernetesChoice Of(OptionReader options, IReadOnlyDictionary<string, string> environment)
    {
        string Value(string written, string variable) => DatastoreChoice.Value(written, variable, environment);
        var kubernetes = options.Section("kubernetes", "How the cluster's API is reached.");
        var policy = options.Section("policy", "Who says what pods may do, and how it is reached.");
        var kubeconfig = Value(kubernetes.Text("kubeconfig", "A kubeconfig, or several with colons between; when absent, `~/.kube/config`, or what a pod is given."), "KUBECONFIG");
        var server = Value(kubernetes.Text("k8s_api_root", "The server, in the place of the kubeconfig's."), "K8S_API_ENDPOINT");
        var other = policy.Text("k8s_api_root", "The server, where kubernetes does not name one.");
        var home = Path.Combine(environment.GetValueOrDefault("HOME", "/"), ".kube/config");
        server = server.Length > 0 ? server : WithoutApi(other);
        return new KubernetesChoice
        {
            Kubeconfigs = kubeconfig.Length > 0 ? kubeconfig.Split(':', StringSplitOptions.RemoveEmptyEntries) : server.Length == 0 ? [home] : [],
            IsNamed = kubeconfig.Length > 0,
            Overrides = new KubeconfigOverrides
            {
                Context = Value("", "K8S_CURRENT_CONTEXT"),
                Server = server,
                Token = policy.Text("k8s_auth_token", "A token, in the place of the kubeconfig's."),
                CaFile = Value(policy.Text("k8s_certificate_authority", "The certificates that the server is trusted by."), "K8S_CA_FILE"),
                CertFile = Value(policy.Text("k8s_client_certificate", "The certificate to show to the server."), "K8S_CERT_FILE"),
                KeyFile = Value(policy.Text("k8s_client_key", "The key of that certificate."), "K8S_KEY_FILE"),
                SkipsVerification = Value("", "K8S_INSECURE_SKIP_TLS_VERIFY") is "true" or "1",
            },
            Group = ApiGroup.Parse(Value(
                options.Text("calico_api_group", "Calico's objects: `crd.projectcalico.org/v1` or `projectcalico.org/v3`; when absent, what the server has."), "CALICO_API_GROUP")),
            Environment = environment,
        };
    }

    /// <summary>Reads the files, each time anew: tokens are renewed. Throws code 7 when there is nothing to go by.</summary>
    public ClusterAccess Load() =>
        Kubeconfigs.Count > 0 && (IsNamed || FileStatus.Of(Kubeconfigs[0]) is not null) ? Kubeconfig.Read(Kubeconfigs, Overrides)
        : Overrides.Server.Length > 0 ? Kubeconfig.Without(Overrides)
        : InCluster.Find(Environment) ?? throw new KubeconfigException("how to reach the Kubernetes API is not configured", "set kubernetes.kubeconfig to a file such as /etc/cni/net.d/calico-kubeconfig");

    public override string ToString() => Kubeconfigs.Count > 0 ? string.Join(':', Kubeconfigs) : Overrides.Server.Length > 0 ? Overrides.Server : "the cluster that this pod runs in";

    /// <summary>Old configurations name the API's path with the server: https://10.96.0.1:443/api/v1/.</summary>
    private static string WithoutApi(string root) => root.IndexOf("/api/", StringComparison.Ordinal) is >= 0 and var end ? root[..end] : root;
}
