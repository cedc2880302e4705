using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CniPlugins.Tests.Support;

/// <summary>A certificate authority of a test's own, a server's and a client's certificate, as PEM files in a directory.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cni-pki-").FullName;

    /// <param name="expired">The server's certificate is of the past.</param>
    /// <param name="names">The server's names, beside 127.0.0.1.</param>
    public TestCertificates(bool expired = false, bool forLoopback = true, params string[] names)
    {
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test-ca", caKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using var ca = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-1), DateTimeOffset.UtcNow.AddDays(2));
        File.WriteAllText(Ca, ca.ExportCertificatePem());
        Issue(ca, "CN=server", ServerCertificate, ServerKey, expired, forLoopback, names);
        Issue(ca, "CN=client", ClientCertificate, ClientKey, expired: false, forLoopback: true, []);
    }

    public string Ca => $"{_directory}/ca.pem";

    public string ServerCertificate => $"{_directory}/server.pem";

    public string ServerKey => $"{_directory}/server.key";

    public string ClientCertificate => $"{_directory}/client.pem";

    public string ClientKey => $"{_directory}/client.key";

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static void Issue(X509Certificate2 ca, string subject, string certificate, string keyFile, bool expired, bool forLoopback, string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        var alternative = new SubjectAlternativeNameBuilder();
        if (forLoopback)
            alternative.AddIpAddress(IPAddress.Loopback);
        foreach (var name in names)
            alternative.AddDnsName(name);
        request.CertificateExtensions.Add(alternative.Build());
        var (from, to) = expired ? (-20, -10) : (-1, 1);
        using var issued = request.Create(ca, DateTimeOffset.UtcNow.AddDays(from), DateTimeOffset.UtcNow.AddDays(to), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(certificate, issued.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
    }
}
