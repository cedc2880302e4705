using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Datastores.Etcd;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Datastores;

/// <summary>TLS with a CA of one's own and a client certificate; what is wrong with a certificate is said.</summary>
public sealed class EtcdTlsTests
{
    private static readonly HandleKey Handle = new("net.c1");

    private static Deadline Soon => Deadline.After(TimeSpan.FromSeconds(20));

    [Fact]
    public void Both_sides_show_their_certificates()
    {
        using var certificates = new TestCertificates(names: ["localhost"]);
        using var server = new EtcdServer(certificates).Ready();
        foreach (var url in new[] { server.Url, $"https://localhost:{server.Port}" })
        {
            using var store = new EtcdDatastore(server.SettingsFor(url));
            store.Delete(store.Create(Handle, BlockHandle.Of(Cidr.Parse("10.0.0.0/26"), 1), Soon), Soon);
        }
    }

    [Fact]
    public void A_client_without_a_certificate_or_with_anothers_is_refused_in_words()
    {
        using var certificates = new TestCertificates();
        using var others = new TestCertificates();
        using var server = new EtcdServer(certificates).Ready();
        Refused(server.Settings with { CertFile = null, KeyFile = null }, "certificate", "does the server accept the client's certificate?");
        Refused(server.Settings with { CertFile = others.ClientCertificate, KeyFile = others.ClientKey }, "certificate", "does the server accept the client's certificate?");
        Refused(server.Settings with { CaFile = others.Ca }, $"who signed it is not in {others.Ca}", "check the CA file");
        Refused(server.Settings with { KeyFile = others.ClientKey }, $"{others.ClientKey} is not the key of {certificates.ClientCertificate}", "PEM");
        Refused(server.Settings with { KeyFile = null }, "a client certificate needs its key", "PEM");
        Refused(server.Settings with { CaFile = "/nonexistent/ca.pem" }, "/nonexistent/ca.pem does not exist", "PEM");
        Refused(server.Settings with { CaFile = certificates.ClientKey }, $"{certificates.ClientKey} holds no PEM certificate", "PEM");
    }

    [Fact]
    public void An_expired_certificate_and_one_for_another_name_are_told_apart()
    {
        using var expired = new TestCertificates(expired: true);
        using (var server = new EtcdServer(expired))
            Refused(server.Settings, "its time is", "check the CA file");

        using var named = new TestCertificates(forLoopback: false, names: ["etcd.example"]);
        using (var server = new EtcdServer(named))
            Refused(server.Settings, "it is for another name", "check the CA file");
    }

    [Fact]
    public void Plain_HTTP_to_a_TLS_port_is_no_riddle()
    {
        using var certificates = new TestCertificates();
        using var server = new EtcdServer(certificates).Ready();
        using var store = new EtcdDatastore(server.SettingsFor(server.Url.Replace("https", "http", StringComparison.Ordinal)));
        var error = Assert.Throws<DatastoreException>(() => store.Find(Handle, Deadline.After(TimeSpan.FromSeconds(1))));
        Assert.Contains("should it be https://?", error.Details, StringComparison.Ordinal);
    }

    private static void Refused(EtcdSettings settings, string message, string hint)
    {
        using var store = new EtcdDatastore(settings);
        // It may take a moment to come up, for which is no telling without its certificate.
        var error = Assert.Throws<DatastoreException>(() => store.Find(Handle, Deadline.After(TimeSpan.FromSeconds(15))));
        Assert.True((error.Failure, error.Code) == (DatastoreFailure.Refused, CniErrorCode.Internal), $"{error}");
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains(hint, error.Details, StringComparison.Ordinal);
    }
}
