using CniPlugins.Cni;
using CniPlugins.Http;

namespace CniPlugins.Ipam.Blocks.Datastores.Etcd;

/// <summary>Where etcd is and who we are to it.</summary>
/// <param name="Endpoints">URLs of its members, <c>http://10.0.0.1:2379</c> or <c>https://etcd-1:2379</c>.</param>
internal sealed record EtcdSettings(IReadOnlyList<Uri> Endpoints)
{
    /// <summary>PEM files; the CA is whom to trust, in place of all that the system trusts.</summary>
    public string? CaFile { get; init; }

    /// <inheritdoc cref="CaFile"/>
    public string? CertFile { get; init; }

    /// <inheritdoc cref="CaFile"/>
    public string? KeyFile { get; init; }

    /// <summary>A user of etcd's own, where its authentication is enabled.</summary>
    public string? Username { get; init; }

    public string? Password { get; init; }

    /// <summary>Null when no endpoint speaks TLS.</summary>
    public TlsSettings? Tls
    {
        get
        {
            foreach (var endpoint in Endpoints)
            {
                if (endpoint.Scheme == Uri.UriSchemeHttps)
                    return new TlsSettings(Pem.File(CaFile), Pem.File(CertFile), Pem.File(KeyFile));
            }

            return null;
        }
    }

    /// <summary>Reads <c>etcd_endpoints</c>, a URL of each member. Throws code 7 for what is none.</summary>
    public static EtcdSettings Of(IReadOnlyList<string> endpoints)
    {
        var uris = new List<Uri>();
        foreach (var text in endpoints)
        {
            if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.AbsolutePath != "/" || uri.Query.Length > 0 || uri.UserInfo.Length > 0
                || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
                throw new CniException(CniErrorCode.InvalidNetworkConfig, $"etcd_endpoints: \"{text[(text.LastIndexOf('@') + 1)..]}\" is not a URL of an etcd member", "write http://HOST:2379 or https://HOST:2379, separated by commas");
            uris.Add(uri);
        }

        return uris.Count > 0 ? new EtcdSettings(uris)
            : throw new CniException(CniErrorCode.InvalidNetworkConfig, "etcd_endpoints names no endpoint", "write http://HOST:2379 or https://HOST:2379, separated by commas");
    }
}
