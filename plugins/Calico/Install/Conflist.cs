using System.Text;
using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Calico.Install;

/// <summary>The network's configuration: a template, in which what only the node knows is filled in.</summary>
internal static class Conflist
{
    private const string Template =
        """
        {
          "name": "k8s-pod-network",
          "cniVersion": "1.0.0",
          "plugins": [
            {
              "type": "calico",
              "log_level": "__LOG_LEVEL__",
              "log_file_path": "__LOG_FILE_PATH__",
              "datastore_type": "__DATASTORE_TYPE__",
              "nodename": "__KUBERNETES_NODE_NAME__",
              "mtu": __CNI_MTU__,
              "ipam": {"type": "calico-ipam"},
              "policy": {"type": "k8s"},
              "kubernetes": {"kubeconfig": "__KUBECONFIG_FILEPATH__"},
              "require_mtu_file": __REQUIRE_MTU_FILE__,
              "calico_api_group": "__CALICO_API_GROUP__"
            },
            {"type": "portmap", "snat": true, "capabilities": {"portMappings": true}}
          ]
        }
        """;

    /// <summary>The text to be written; throws when it is no JSON object.</summary>
    /// <param name="settings">The environment.</param>
    /// <param name="tlsFiles">Which of etcd's files the node has: etcd-ca, etcd-cert, etcd-key.</param>
    /// <param name="token">The token that the pod was given, for templates that want it; empty when there is none.</param>
    public static byte[] Render(InstallSettings settings, IReadOnlyList<string> tlsFiles, string token)
    {
        var text = Source(settings);
        foreach (var (name, value) in Values(settings, tlsFiles, token))
            text = text.Replace($"__{name}__", value, StringComparison.Ordinal);
        var bytes = Encoding.UTF8.GetBytes(text);
        try
        {
            _ = ConfigObject.Parse(bytes);
            return bytes;
        }
        catch (ConfigException e)
        {
            throw new InstallException($"the configuration is no JSON object: {e.Message}", e);
        }
    }

    private static string Source(InstallSettings settings) =>
        settings.Variable("CNI_NETWORK_CONFIG_FILE") is { Length: > 0 } path
            ? Encoding.UTF8.GetString(DiskFile.Read(path) ?? throw new InstallException($"CNI_NETWORK_CONFIG_FILE: {path} does not exist"))
        : settings.Variable("CNI_NETWORK_CONFIG") is { Length: > 0 } text ? text
        : Template;

    private static IEnumerable<(string Name, string Value)> Values(InstallSettings settings, IReadOnlyList<string> tlsFiles, string token)
    {
        string Tls(string file) => tlsFiles.Contains(file) ? $"{settings.NetDirectory}/calico-tls/{file}" : "";
        return
        [
            ("LOG_LEVEL", settings.Variable("LOG_LEVEL", "info")),
            ("LOG_FILE_PATH", settings.Variable("LOG_FILE_PATH", "/var/log/calico/cni/cni.log")),
            ("LOG_FILE_MAX_SIZE", settings.Variable("LOG_FILE_MAX_SIZE", "100")),
            ("LOG_FILE_MAX_AGE", settings.Variable("LOG_FILE_MAX_AGE", "30")),
            ("LOG_FILE_MAX_COUNT", settings.Variable("LOG_FILE_MAX_COUNT", "10")),
            ("DATASTORE_TYPE", settings.Variable("DATASTORE_TYPE", "kubernetes")),
            ("KUBERNETES_NODE_NAME", settings.NodeName),
            ("KUBECONFIG_FILEPATH", $"{settings.NetDirectory}/calico-kubeconfig"),
            ("CNI_MTU", settings.Variable("CNI_MTU", "1500")),
            ("KUBERNETES_SERVICE_HOST", settings.Variable("KUBERNETES_SERVICE_HOST")),
            ("KUBERNETES_SERVICE_PORT", settings.Variable("KUBERNETES_SERVICE_PORT")),
            ("SERVICEACCOUNT_TOKEN", token),
            ("CALICO_API_GROUP", settings.Variable("CALICO_API_GROUP")),
            ("ETCD_CERT_FILE", Tls("etcd-cert")),
            ("ETCD_CA_CERT_FILE", Tls("etcd-ca")),
            ("ETCD_KEY_FILE", Tls("etcd-key")),
            ("ETCD_ENDPOINTS", settings.Variable("ETCD_ENDPOINTS")),
            ("ETCD_DISCOVERY_SRV", settings.Variable("ETCD_DISCOVERY_SRV")),
            ("REQUIRE_MTU_FILE", settings.Variable("REQUIRE_MTU_FILE", "false")),
        ];
    }
}
