using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace CniPlugins.Http;

/// <summary>Accepts a server's certificate or remembers, in words, why not: the exception that follows does not say it.</summary>
/// <param name="trusted">Who is trusted, for the words: a file or the system.</param>
/// <param name="acceptsAnybody">No verdict counts: only where somebody insists on it in so many words.</param>
internal sealed class ServerCertificateCheck(string trusted, bool acceptsAnybody)
{
    private volatile string? _objection;

    /// <summary>What was wrong with the last certificate that was refused, or null.</summary>
    public string? Objection => _objection;

    /// <summary>OpenSSL's verdict stands; only the reason is kept.</summary>
    public bool Accept(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None || acceptsAnybody)
            return true;
        _objection = Describe(certificate as X509Certificate2, chain, errors);
        return false;
    }

    private string Describe(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
            return "the server has no certificate";
        var reasons = new List<string>();
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            reasons.Add("it is for another name");
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            foreach (var status in chain?.ChainStatus ?? [])
                reasons.Add(Words(status, certificate));
        }

        return $"the server's certificate ({certificate.Subject}) is not accepted: {string.Join("; ", reasons)}";
    }

    private string Words(X509ChainStatus status, X509Certificate2 certificate) => status.Status switch
    {
        X509ChainStatusFlags.NotTimeValid => $"its time is {certificate.NotBefore.ToUniversalTime():u} to {certificate.NotAfter.ToUniversalTime():u}, and now is {DateTime.UtcNow:u}",
        X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.UntrustedRoot or X509ChainStatusFlags.NotSignatureValid => $"who signed it is not in {trusted}",
        _ => status.StatusInformation,
    };
}
