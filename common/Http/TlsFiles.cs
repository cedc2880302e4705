using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CniPlugins.Linux;

namespace CniPlugins.Http;

/// <summary>The PEM files of a TLS client; each may be absent.</summary>
/// <param name="Ca">Whom to trust; absent: whom the system trusts.</param>
/// <param name="Certificate">The client's own certificate, with its intermediates.</param>
/// <param name="Key">The key that belongs to it.</param>
internal sealed record TlsFiles(string? Ca, string? Certificate, string? Key)
{
    /// <summary>Reads the files; throws <see cref="HttpFailure"/> that names the one that is wrong.</summary>
    /// <remarks>
    /// With a CA of its own, the process has no use for the system's: loading those takes OpenSSL 50 ms, and .NET does it even where a custom trust is given,
    /// to find a client certificate's issuers. OpenSSL's own variables say that there are none.
    /// </remarks>
    public SslClientAuthenticationOptions Load(ServerCertificateCheck check)
    {
        // .NET looks for certificates of the user's; without a home in the environment it would ask /etc/passwd, and fail where there is none.
        if (Environment.GetEnvironmentVariable("HOME") is null or "")
            Environment.SetEnvironmentVariable("HOME", "/dev/null");
        var options = new SslClientAuthenticationOptions
        {
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = check.Accept,
        };
        if (Ca is not null)
        {
            CEnvironment.Set("SSL_CERT_FILE", "/dev/null");
            CEnvironment.Set("SSL_CERT_DIR", "/dev/null");
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(Certificates(Ca));
        }

        if (Certificate is not null || Key is not null)
            options.ClientCertificateContext = Own();
        return options;
    }

    private SslStreamCertificateContext Own()
    {
        if (Certificate is null || Key is null)
            throw Wrong($"a client certificate needs its key and the reverse: only {Certificate ?? Key} is given", null);
        var chain = Certificates(Certificate);
        try
        {
            var own = X509Certificate2.CreateFromPem(Text(Certificate), Text(Key));
            chain.RemoveAt(0);
            return SslStreamCertificateContext.Create(own, chain, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw Wrong($"{Key} is not the key of {Certificate}, or not a PEM key without password: {e.Message}", e);
        }
    }

    private static X509Certificate2Collection Certificates(string path)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(Text(path));
        }
        catch (CryptographicException e)
        {
            throw Wrong($"{path} holds a certificate that cannot be read: {e.Message}", e);
        }

        return certificates.Count > 0 ? certificates : throw Wrong($"{path} holds no PEM certificate", null);
    }

    private static string Text(string path)
    {
        try
        {
            return System.Text.Encoding.UTF8.GetString(DiskFile.Read(path) ?? throw Wrong($"{path} does not exist", null));
        }
        catch (LibcException e)
        {
            throw Wrong(e.Message, e);
        }
    }

    private static HttpFailure Wrong(string message, Exception? cause) =>
        new(message, "a PEM file is expected", mayHaveArrived: false, mayPass: false, cause);
}
