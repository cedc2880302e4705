using System.Text;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Ipam.CalicoIpam;
using CniPlugins.Kubernetes;

namespace CniPlugins.Tests.Unit;

/// <summary>Kubeconfig files in all forms that occur, and what beats them.</summary>
public sealed class KubeconfigTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("kubeconfig-").FullName;

    [Fact]
    public void The_current_context_leads_to_server_CA_and_token()
    {
        var access = Read(File("a", Minimal("token: abc")));
        Assert.Equal(("https://10.96.0.1/", "Bearer abc", false), (access.Server.AbsoluteUri, access.Authorization, access.Tls.AcceptsAnyServer));
        Assert.Equal("PEM TEXT", access.Tls.Ca!.Read());
        Assert.Equal("https://10.96.0.1/api/v1/nodes/n", access.AddressOf("api/v1/nodes/n").AbsoluteUri);
    }

    [Fact]
    public void JSON_is_YAML_and_a_path_of_the_server_stays()
    {
        var access = Read(File("a", """{"clusters":[{"name":"c","cluster":{"server":"https://rancher:8443/k8s/clusters/c-1"}}],"users":[],"contexts":[{"name":"x","context":{"cluster":"c","user":""}}],"current-context":"x"}"""));
        Assert.Equal("https://rancher:8443/k8s/clusters/c-1/apis", access.AddressOf("apis").AbsoluteUri);
        Assert.Null(access.Authorization);
    }

    [Fact]
    public void Files_are_found_beside_the_kubeconfig_and_a_token_file_wins()
    {
        File("token", "from-file\n");
        var access = Read(File("a", Minimal("{token: inline, tokenFile: token, client-certificate: client.crt, client-key: /etc/client.key}")));
        Assert.Equal("Bearer from-file", access.Authorization);
        Assert.Equal(($"{_directory}/client.crt", "/etc/client.key"), (access.Tls.Certificate!.Name, access.Tls.Key!.Name));
        Assert.Equal("Basic dTpw", Read(File("b", Minimal("{username: u, password: p}"))).Authorization);
    }

    [Fact]
    public void Of_several_files_the_first_word_counts_and_missing_ones_do_not()
    {
        var first = File("a", "current-context: x\nusers: [{name: calico, user: {token: one}}]");
        var second = File("b", Minimal("token: two"));
        var access = Kubeconfig.Read([$"{_directory}/none", first, second], new KubeconfigOverrides { Context = "calico-context" });
        Assert.Equal("Bearer one", access.Authorization);
        Assert.Equal("stat /none/such: no such file or directory", Assert.Throws<KubeconfigException>(() => Kubeconfig.Read(["/none/such"], new KubeconfigOverrides())).Message);
    }

    [Theory]
    [InlineData("exec: {command: aws}", "exec")]
    [InlineData("auth-provider: {name: gcp}", "auth-provider")]
    [InlineData("{token: abc, as: admin}", "as")]
    public void What_is_not_supported_is_refused_by_name(string user, string key) =>
        Assert.Contains($"the user has \"{key}\"", Assert.Throws<KubeconfigException>(() => Read(File("a", Minimal(user)))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("clusters: [secret-token", "line ")]
    [InlineData("- secret-token", "is no kubeconfig")]
    [InlineData("current-context: none", "there is no context \"none\"")]
    [InlineData("", "current-context is not set")]
    public void What_makes_no_sense_is_said_without_what_stands_there(string text, string problem)
    {
        var error = Assert.Throws<KubeconfigException>(() => Read(File("a", text)));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-token", error.Message + error.Details, StringComparison.Ordinal);
        Assert.Equal(CniErrorCode.InvalidNetworkConfig, error.Code);
    }

    [Fact]
    public void Overrides_beat_the_file_and_verification_is_off_only_in_so_many_words()
    {
        var file = File("a", Minimal("token: abc").Replace("cluster: {", "cluster: {tls-server-name: kubernetes, ", StringComparison.Ordinal));
        Assert.Equal("kubernetes", Read(file).Tls.ServerName);
        var other = Kubeconfig.Read([file], new KubeconfigOverrides { Server = "https://192.0.2.1:6443" });
        Assert.Equal(("https://192.0.2.1:6443/", null), (other.Server.AbsoluteUri, other.Tls.ServerName));
        Assert.False(Read(file).Tls.AcceptsAnyServer);
        var insecure = Read(File("b", Minimal("token: abc").Replace("cluster: {", "cluster: {insecure-skip-tls-verify: true, ", StringComparison.Ordinal)));
        Assert.True(insecure.Tls.AcceptsAnyServer);
        Assert.False(Kubeconfig.Read([$"{_directory}/b"], new KubeconfigOverrides { CaFile = "/etc/ca" }).Tls.AcceptsAnyServer);
    }

    [Fact]
    public void The_configuration_says_how_the_cluster_is_reached_and_variables_with_CALICO_in_front_beat_it()
    {
        var file = File("a", Minimal("token: abc"));
        var root = new OptionReader(ConfigObject.Parse(Encoding.UTF8.GetBytes($$$"""{"kubernetes":{"kubeconfig":"{{{file}}}"},"policy":{"type":"k8s","k8s_api_root":"https://192.0.2.9:6443/api/v1/","k8s_auth_token":"policy"}}""")));
        var none = new Dictionary<string, string>();
        Assert.Equal(DatastoreChoice.Kubernetes, DatastoreChoice.Of(root, none).Type);
        var access = KubernetesChoice.Of(root, none).Load();
        Assert.Equal(("https://192.0.2.9:6443/", "Bearer policy"), (access.Server.AbsoluteUri, access.Authorization));
        var beaten = KubernetesChoice.Of(root, new Dictionary<string, string> { ["CALICO_K8S_API_ENDPOINT"] = "https://192.0.2.8:6443" });
        Assert.Equal("https://192.0.2.8:6443/", beaten.Load().Server.AbsoluteUri);
        var nothing = KubernetesChoice.Of(new OptionReader(null), new Dictionary<string, string> { ["HOME"] = _directory });
        Assert.Equal("how to reach the Kubernetes API is not configured", Assert.Throws<KubeconfigException>(nothing.Load).Message);
    }

    [Fact]
    public void A_pod_finds_its_cluster_by_what_it_was_given()
    {
        File("token", "t\n");
        File("ca.crt", "PEM");
        var environment = new Dictionary<string, string> { ["KUBERNETES_SERVICE_HOST"] = "fd00::1", ["KUBERNETES_SERVICE_PORT"] = "443" };
        var access = InCluster.Find(environment, _directory)!;
        Assert.Equal(("https://[fd00::1]/", "Bearer t", "PEM"), (access.Server.AbsoluteUri, access.Authorization, access.Tls.Ca!.Read()));
        Assert.Null(InCluster.Find(new Dictionary<string, string>(), _directory));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static ClusterAccess Read(string path) => Kubeconfig.Read([path], new KubeconfigOverrides());

    private static string Minimal(string user) =>
        $$"""
        apiVersion: v1
        kind: Config
        clusters:
        - name: local
          cluster: {server: "https://10.96.0.1:443", certificate-authority-data: {{Convert.ToBase64String("PEM TEXT"u8)}}}
        users:
        - name: calico
          user: {{(user[0] == '{' ? user : $"{{{user}}}")}}
        contexts:
        - name: calico-context
          context: {cluster: local, user: calico}
        current-context: calico-context
        """;

    private string File(string name, string text)
    {
        System.IO.File.WriteAllText($"{_directory}/{name}", text);
        return $"{_directory}/{name}";
    }
}
