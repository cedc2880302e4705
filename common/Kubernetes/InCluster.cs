using System.Text;
using CniPlugins.Http;
using CniPlugins.Linux;

namespace CniPlugins.Kubernetes;

/// <summary>What Kubernetes gives to every pod: variables that say where its API is, and a token and a CA in files.</summary>
internal static class InCluster
{
    public const string Directory = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>The access of the pod that this process runs in; null when it runs in none.</summary>
    public static ClusterAccess? Find(IReadOnlyDictionary<string, string> environment, string directory = Directory)
    {
        var (host, port) = (environment.GetValueOrDefault("KUBERNETES_SERVICE_HOST", ""), environment.GetValueOrDefault("KUBERNETES_SERVICE_PORT", ""));
        if (host.Length == 0 || port.Length == 0 || DiskFile.Read($"{directory}/token") is not { } token)
            return null;
        var ca = $"{directory}/ca.crt";
        return new ClusterAccess(new Uri($"https://{JoinHostPort(host, port)}"))
        {
            Tls = new TlsSettings(FileStatus.Of(ca) is null ? null : new Pem(ca), null, null),
            Authorization = $"Bearer {Encoding.UTF8.GetString(token).Trim()}",
            Source = directory,
        };
    }

    /// <summary>HOST:PORT, an IPv6 address in brackets.</summary>
    public static string JoinHostPort(string host, string port) => host.Contains(':', StringComparison.Ordinal) && !host.StartsWith('[') ? $"[{host}]:{port}" : $"{host}:{port}";
}
