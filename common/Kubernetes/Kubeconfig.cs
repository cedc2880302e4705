using System.Text;
using CniPlugins.Http;
using CniPlugins.Linux;
using YamlDotNet.RepresentationModel;

namespace CniPlugins.Kubernetes;

/// <summary>What a configuration or the environment says beside a kubeconfig, and against it; empty says nothing.</summary>
internal sealed record KubeconfigOverrides
{
    public string Context { get; init; } = "";

    public string Server { get; init; } = "";

    public string Token { get; init; } = "";

    public string CaFile { get; init; } = "";

    public string CertFile { get; init; } = "";

    public string KeyFile { get; init; } = "";

    public bool SkipsVerification { get; init; }
}

/// <summary>Reads kubeconfig files (client-go: tools/clientcmd): several are merged, what the first says counts.</summary>
internal static class Kubeconfig
{
    /// <summary>The access of the context that is asked for, or of the current one; throws <see cref="KubeconfigException"/>.</summary>
    /// <param name="paths">The files; of several, those that are missing do not count.</param>
    /// <param name="overrides">What beats them.</param>
    public static ClusterAccess Read(IReadOnlyList<string> paths, KubeconfigOverrides overrides)
    {
        var documents = new List<(string Path, KubeconfigDocument Document)>();
        foreach (var path in paths)
        {
            if (Content(path) is { } text)
                documents.Add((path, KubeconfigDocument.Parse(path, text)));
            else if (paths.Count == 1)
                throw new KubeconfigException($"stat {path}: no such file or directory", "the kubeconfig is written by calico's install, or by you");
        }

        var name = overrides.Context.Length > 0 ? overrides.Context : FirstText(documents, "current-context");
        var source = string.Join(':', paths);
        if (name.Length == 0)
            throw new KubeconfigException($"{source}: current-context is not set", "kubectl config use-context NAME");
        var (_, context) = Find(documents, "contexts", "context", name) ?? throw new KubeconfigException($"{source}: there is no context \"{name}\"");
        var clusterName = KubeconfigDocument.Text(context, "cluster");
        var (clusterFile, cluster) = Find(documents, "clusters", "cluster", clusterName) ?? throw new KubeconfigException($"{source}: there is no cluster \"{clusterName}\"");
        var userName = KubeconfigDocument.Text(context, "user");
        var (userFile, user) = userName.Length == 0 ? (clusterFile, [])
            : Find(documents, "users", "user", userName) ?? throw new KubeconfigException($"{source}: there is no user \"{userName}\"");
        return Access(source, new Section(clusterFile, cluster), new Section(userFile, user), overrides);
    }

    /// <summary>An access without a kubeconfig: what is said elsewhere is all there is.</summary>
    public static ClusterAccess Without(KubeconfigOverrides overrides) => Access("the configuration", new Section("", []), new Section("", []), overrides);

    private static ClusterAccess Access(string source, Section cluster, Section user, KubeconfigOverrides overrides)
    {
        Refuse(user, source);
        var isSkipped = overrides.SkipsVerification || (overrides.CaFile.Length == 0 && cluster.Text("insecure-skip-tls-verify") is "true");
        var proxy = cluster.Text("proxy-url");
        return new ClusterAccess(ServerOf(overrides.Server.Length > 0 ? overrides.Server : cluster.Text("server"), source))
        {
            Tls = new TlsSettings(
                isSkipped ? null : Pem.File(overrides.CaFile) ?? cluster.Pem("certificate-authority"),
                Pem.File(overrides.CertFile) ?? user.Pem("client-certificate"),
                Pem.File(overrides.KeyFile) ?? user.Pem("client-key"))
            {
                ServerName = overrides.Server.Length == 0 && cluster.Text("tls-server-name") is { Length: > 0 } name ? name : null,
                AcceptsAnyServer = isSkipped,
            },
            Authorization = Authorization(user, overrides.Token),
            Proxy = proxy.Length == 0 ? null : Uri.TryCreate(proxy, UriKind.Absolute, out var through) ? through : throw new KubeconfigException($"{source}: proxy-url is no URL"),
            Source = source,
        };
    }

    /// <summary>A token file wins over a token, as it is the one that is renewed.</summary>
    private static string? Authorization(Section user, string token)
    {
        if (user.Text("tokenFile") is { Length: > 0 } file)
        {
            var path = user.PathOf(file);
            return $"Bearer {(Content(path) ?? throw new KubeconfigException($"stat {path}: no such file or directory")).Trim()}";
        }

        if (token.Length > 0 || user.Text("token").Length > 0)
            return $"Bearer {(token.Length > 0 ? token : user.Text("token"))}";
        return user.Text("username") is { Length: > 0 } name ? $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{user.Text("password")}"))}" : null;
    }

    /// <summary>What would need a program, or would make us somebody else, is refused by name: without it the requests would only be refused later.</summary>
    private static void Refuse(Section user, string source)
    {
        foreach (var key in (ReadOnlySpan<string>)["exec", "auth-provider", "as", "as-uid", "as-groups", "as-user-extra"])
        {
            if (user.Has(key))
                throw new KubeconfigException($"{source}: the user has \"{key}\", which is not supported", "use a token, a tokenFile or a client certificate");
        }
    }

    private static Uri ServerOf(string text, string source)
    {
        var address = text.Contains("://", StringComparison.Ordinal) ? text : $"https://{text}";
        return text.Length == 0 ? throw new KubeconfigException($"{source} names no server", "set server of the cluster, or k8s_api_root")
            : Uri.TryCreate(address, UriKind.Absolute, out var server) && (server.Scheme == Uri.UriSchemeHttps || server.Scheme == Uri.UriSchemeHttp) && server.UserInfo.Length == 0 ? server
            : throw new KubeconfigException($"{source}: the server is no URL of an API server", "write https://HOST:6443");
    }

    private static string? Content(string path)
    {
        try
        {
            return DiskFile.Read(path) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
        }
        catch (LibcException e)
        {
            throw new KubeconfigException(e.Message);
        }
    }

    private static string FirstText(List<(string Path, KubeconfigDocument Document)> documents, string key)
    {
        foreach (var (_, document) in documents)
        {
            if (document.Text(key) is { Length: > 0 } text)
                return text;
        }

        return "";
    }

    private static (string Path, YamlMappingNode Entry)? Find(List<(string Path, KubeconfigDocument Document)> documents, string list, string entry, string name)
    {
        foreach (var (path, document) in documents)
        {
            if (document.Named(list, entry, name) is { } found)
                return (path, found);
        }

        return null;
    }

    /// <summary>A cluster or user, and the file it stands in: paths in it are relative to the file's directory.</summary>
    private readonly record struct Section(string File, YamlMappingNode Map)
    {
        public string Text(string key) => KubeconfigDocument.Text(Map, key);

        public bool Has(string key) => KubeconfigDocument.Has(Map, key);

        public string PathOf(string path) => Path.Combine(Path.GetDirectoryName(File) ?? "", path);

        /// <summary>KEY-data, which is PEM in base64, before KEY, which is a file.</summary>
        public Pem? Pem(string key)
        {
            if (Text($"{key}-data") is not { Length: > 0 } data)
                return Text(key) is { Length: > 0 } path ? new Pem(PathOf(path)) : null;
            var name = $"{key}-data of {File}";
            try
            {
                return new Pem(name, Encoding.UTF8.GetString(Convert.FromBase64String(data)));
            }
            catch (FormatException)
            {
                throw new KubeconfigException($"{name} is no base64");
            }
        }
    }
}
