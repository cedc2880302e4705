using CniPlugins.Http;

namespace CniPlugins.Kubernetes;

/// <summary>Where a cluster's API is, and who we are to it.</summary>
/// <param name="Server">Its address; a path in it stands before every path (<c>https://rancher/k8s/clusters/c-1/</c>).</param>
internal sealed record ClusterAccess(Uri Server)
{
    public TlsSettings Tls { get; init; } = new(null, null, null);

    /// <summary>The whole header (<c>Bearer …</c>); null for a client that has a certificate, or is nobody.</summary>
    public string? Authorization { get; init; }

    /// <summary>Through which the server is reached (<c>proxy-url</c>); null is directly.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>Where all this stands, for people.</summary>
    public string Source { get; init; } = "";

    /// <summary>A path of the API (<c>api/v1/nodes/n1</c>) as an address.</summary>
    public Uri AddressOf(string path) => new($"{Server.AbsoluteUri.TrimEnd('/')}/{path}");

    /// <summary>Whether somebody has renewed what we are known by.</summary>
    public bool IsSomebodyElse(ClusterAccess other) => Authorization != other.Authorization || Tls.Certificate?.Read() != other.Tls.Certificate?.Read();
}
