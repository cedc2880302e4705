using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CniPlugins.Linux;

namespace CniPlugins.Http;

/// <summary>Whom a TLS client trusts and who it is; each may be absent.</summary>
/// <param name="Ca">Whom to trust; absent: whom the system trusts.</param>
/// <param name="Certificate">The client's own certificate, with its intermediates.</param>
/// <param name="Key">The key that belongs to it.</param>
internal sealed record TlsSettings(Pem? Ca, Pem? Certificate, Pem? Key)
{
    /// <summary>The name that the server's certificate must be for, where it is not the address's; also sent as the host.</summary>
    public string? ServerName { get; init; }

    /// <summary>Whoever answers is believed: only where somebody insists on it in so many words.</summary>
    public bool AcceptsAnyServer { get; init; }

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
            TrustNobodyElse();
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(Certificates(Ca));
        }
        else if (AcceptsAnyServer)
        {
            TrustNobodyElse();
        }

        if (Certificate is not null || Key is not null)
            options.ClientCertificateContext = Own();
        return options;
    }

    private static void TrustNobodyElse()
    {
        CEnvironment.Set("SSL_CERT_FILE", "/dev/null");
        CEnvironment.Set("SSL_CERT_DIR", "/dev/null");
    }

    private SslStreamCertificateContext Own()
    {
        if (Certificate is null || Key is null)
            throw Pem.Wrong($"a client certificate needs its key and the reverse: only {(Certificate ?? Key)!.Name} is given", null);
        var chain = Certificates(Certificate);
        try
        {
            var own = X509Certificate2.CreateFromPem(Certificate.Read(), Key.Read());
            chain.RemoveAt(0);
            return SslStreamCertificateContext.Create(own, chain, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw Pem.Wrong($"{Key.Name} is not the key of {Certificate.Name}, or not a PEM key without password: {e.Message}", e);
        }
    }

    private static X509Certificate2Collection Certificates(Pem pem)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem.Read());
        }
        catch (CryptographicException e)
        {
            throw Pem.Wrong($"{pem.Name} holds a certificate that cannot be read: {e.Message}", e);
        }

        return certificates.Count > 0 ? certificates : throw Pem.Wrong($"{pem.Name} holds no PEM certificate", null);
    }
}
