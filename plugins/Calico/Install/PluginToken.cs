using System.Globalization;
using System.Text;
using System.Text.Json;
using CniPlugins.Cni;
using CniPlugins.Kubernetes;
using CniPlugins.Linux;

namespace CniPlugins.Calico.Install;

/// <summary>The plugins' way into the cluster: a token of their own service account, and the kubeconfig that holds it.</summary>
internal sealed class PluginToken(InstallSettings settings, string account)
{
    private const long Life = 24 * 60 * 60; // seconds

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>kubectl create token calico-cni-plugin --duration=24h; an API without such requests leaves the token that this pod was given.</summary>
    public (string Token, DateTimeOffset? Expires) Request()
    {
        var space = Text($"{account}/namespace");
        using var api = new ApiClient(Access);
        var json = new JsonWriter(indented: false);
        json.WriteStartObject();
        json.WriteStartObject("spec");
        json.WriteStartArray("audiences");
        json.WriteEndArray();
        json.WriteNumber("expirationSeconds", Life);
        json.WriteEndObject();
        json.WriteEndObject();
        var path = $"api/v1/namespaces/{Uri.EscapeDataString(space)}/serviceaccounts/{Uri.EscapeDataString(settings.ServiceAccount)}/token";
        var reply = api.Send(new ApiRequest("POST", path) { Body = json.ToArray() }, $"request a token for {space}/{settings.ServiceAccount}", Limit);
        if (reply.Status == 404 && ApiStatus.Read(reply).ObjectName.Length == 0)
            return (Text($"{account}/token"), null);
        if (!reply.IsSuccess)
            throw new InstallException($"request a token for {space}/{settings.ServiceAccount}: {ApiStatus.Read(reply).Message}");
        using var document = JsonDocument.Parse(reply.Body);
        var status = document.RootElement.GetProperty("status");
        return (
            status.GetProperty("token").GetString()!,
            DateTimeOffset.TryParse(status.GetProperty("expirationTimestamp").GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires) ? expires : null);
    }

    /// <summary>The kubeconfig, as Calico's installer writes it.</summary>
    public byte[] Kubeconfig(string token)
    {
        var (host, port) = (settings.Variable("KUBERNETES_SERVICE_HOST"), settings.Variable("KUBERNETES_SERVICE_PORT"));
        var protocol = settings.Variable("KUBERNETES_SERVICE_PROTOCOL") is { Length: > 0 } written ? written : "https";
        var trust = settings.SkipsVerification ? "insecure-skip-tls-verify: true"
            : $"certificate-authority-data: {Convert.ToBase64String(DiskFile.Read($"{account}/ca.crt") ?? throw new InstallException($"{account}/ca.crt does not exist"))}";
        return Encoding.UTF8.GetBytes(
            $"""
            # Kubeconfig file for Calico CNI plugin. Installed by install; do not edit: it is written anew.
            apiVersion: v1
            kind: Config
            clusters:
            - name: local
              cluster:
                server: {protocol}://{InCluster.JoinHostPort(host, port)}
                {trust}
            users:
            - name: calico
              user:
                token: "{token}"
            contexts:
            - name: calico-context
              context:
                cluster: local
                user: calico
            current-context: calico-context

            """);
    }

    /// <summary>KUBECONFIG, or what every pod is given.</summary>
    private ClusterAccess Access() =>
        settings.Variable("KUBECONFIG") is { Length: > 0 } path ? Kubernetes.Kubeconfig.Read([path], new KubeconfigOverrides())
        : InCluster.Find(settings.Environment, account) ?? throw new InstallException("there is a service account's token, but KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");

    private static string Text(string path) => Encoding.UTF8.GetString(DiskFile.Read(path) ?? throw new InstallException($"{path} does not exist")).Trim();
}
