using System.Diagnostics;
using System.Text;
using CniPlugins.Http;
using CniPlugins.Kubernetes;

namespace CniPlugins.Tests.Support;

/// <summary>A Kubernetes API on Debian's etcd, on loopback in the run's own network namespace, with Calico's CustomResourceDefinitions (tests/ApiServer).</summary>
/// <remarks>User <c>admin</c> may do all, <c>cni</c> what the manifest's role calico-cni-plugin allows; kubectl is the judge.</remarks>
internal sealed class ApiServer : IDisposable
{
    public const string CniToken = "token-of-cni";

    private const string AdminToken = "token-of-admin";
    private const string Keeper = "trap '' INT; \"$@\" >\"$SERVER_LOG\" 2>&1 </dev/null & read -r _; kill -9 $!; wait";

    private static readonly string Built = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "apiserver"));
    private static readonly string Sources = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "tests", "ApiServer"));
    private static readonly string Manifests = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "scripts", "kubernetes"));

    private readonly EtcdServer _etcd;
    private readonly string _group;
    private readonly string[] _inside;
    private Process? _process;

    /// <param name="group">v1 or v3: the form of Calico's objects.</param>
    /// <param name="netns">The namespace whose loopback it is on; null is the run's own.</param>
    public ApiServer(string group = "v1", string? netns = null)
    {
        Assert.SkipUnless(File.Exists($"{Built}/apiserver") && File.Exists($"{Built}/kubectl"), "needs the test API server: run tests/ApiServer/build.sh");
        _group = group;
        _inside = netns is null ? [] : ["nsenter", $"--net={netns}"];
        _etcd = new EtcdServer(netns, tls: null).Ready();
        Directory = System.IO.Directory.CreateTempSubdirectory("cni-api-").FullName;
        File.WriteAllText($"{Directory}/tokens.csv", $"{AdminToken},admin,1,system:masters\n{CniToken},cni,2,\n");
        Port = EtcdServer.FreePort();
        Start();
        File.WriteAllText($"{Directory}/admin.kubeconfig", Kubeconfig(AdminToken));
        WriteKubeconfig(CniToken);
        AwaitReady();
        InstallDefinitions();
    }

    public string Directory { get; }

    public int Port { get; }

    public string Url => $"https://127.0.0.1:{Port}";

    /// <summary>The kubeconfig of the plugin's user, 0600 as install writes it.</summary>
    public string KubeconfigPath => $"{Directory}/calico-kubeconfig";

    /// <summary>Withdraws a token, or gives one back.</summary>
    public void Allow(params string[] tokens) => File.WriteAllText($"{Directory}/tokens.csv", $"{AdminToken},admin,1,system:masters\n" + string.Concat(tokens.Select(token => $"{token},cni,2,\n")));

    /// <summary>The CA to trust.</summary>
    public string CaFile => $"{Directory}/apiserver.crt";

    /// <summary>How our client reaches it.</summary>
    public ClusterAccess Access => new(new Uri(Url)) { Tls = new TlsSettings(new Pem(CaFile), null, null), Authorization = $"Bearer {CniToken}" };

    /// <summary>Who may do all: what cnitool's users are.</summary>
    public ClusterAccess AdminAccess => Access with { Authorization = $"Bearer {AdminToken}" };

    /// <summary>Writes the plugin's kubeconfig, by which it is somebody with this token at this address.</summary>
    public void WriteKubeconfig(string token, string? url = null, string? ca = null)
    {
        File.WriteAllText(KubeconfigPath, Kubeconfig(token, url, ca));
        File.SetUnixFileMode(KubeconfigPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Starts it (again), with the data that etcd has.</summary>
    public void Start()
    {
        string[] command =
        [
            .. _inside, $"{Built}/apiserver", "-etcd", _etcd.Url, "-certs", Directory, "-tokens", $"{Directory}/tokens.csv", "-port", $"{Port}",
            "-grant", $"cni={Manifests}/role.yaml", "-grant", $"system:serviceaccount:kube-system:calico-cni-plugin={Manifests}/role.yaml",
            "-grant", $"system:serviceaccount:kube-system:calico-cni-install={Manifests}/install-role.yaml",
        ];
        var start = new ProcessStartInfo("sh", ["-c", Keeper, "sh", .. command]) { RedirectStandardInput = true };
        start.Environment["SERVER_LOG"] = $"{Directory}/log";
        _process = Process.Start(start)!;
    }

    /// <summary>kill -9.</summary>
    public void Stop()
    {
        if (_process is not { } process)
            return;
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
        _process = null;
    }

    /// <summary>Waits until it answers.</summary>
    public void AwaitReady()
    {
        for (var end = DateTime.UtcNow.AddSeconds(60); TryKubectl("get", "--raw", "/readyz").Output != "ok"; Thread.Sleep(100))
            Assert.True(DateTime.UtcNow < end, $"the API server does not come up:\n{File.ReadAllText($"{Directory}/log")}");
    }

    /// <summary>kubectl …, as admin; what it prints.</summary>
    public string Kubectl(params string[] arguments)
    {
        var result = TryKubectl(arguments);
        Assert.True(result.ExitCode == 0, $"kubectl {string.Join(' ', arguments)}: {result.Output}{result.Error}");
        return result.Output;
    }

    public ToolResult TryKubectl(params string[] arguments) => TryKubectl(input: null, arguments);

    /// <summary>kubectl apply -f -.</summary>
    public void Apply(string yaml)
    {
        var result = TryKubectl(Encoding.UTF8.GetBytes(yaml), "apply", "--server-side", "--force-conflicts", "--validate=false", "-f", "-");
        Assert.True(result.ExitCode == 0, $"kubectl apply: {result.Output}{result.Error}\n{yaml}");
    }

    /// <summary>kubectl get … -o json.</summary>
    public System.Text.Json.JsonElement Get(params string[] what) => System.Text.Json.JsonDocument.Parse(Kubectl(["get", .. what, "-o", "json"])).RootElement;

    /// <summary>A node and a namespace, as a cluster has them; pods get the rest.</summary>
    public void AddNode(string name, string labels = "{}", string podCidr = "10.1.0.0/24") =>
        Apply($$$"""{"apiVersion":"v1","kind":"Node","metadata":{"name":"{{{name}}}","labels":{{{labels}}}},"spec":{"podCIDR":"{{{podCidr}}}"}}""");

    public void AddPool(string name, string cidr, string more = "") =>
        Apply($$$"""{"apiVersion":"{{{Version}}}","kind":"IPPool","metadata":{"name":"{{{name}}}"},"spec":{"cidr":"{{{cidr}}}"{{{(more.Length > 0 ? "," : "")}}}{{{more}}}}}""");

    /// <summary>A pod on a node, with annotations.</summary>
    public void AddPod(string name, string node, string annotations = "{}", string space = "default") => Apply(
        $$$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{name}}}","namespace":"{{{space}}}","annotations":{{{annotations}}}},
         "spec":{"nodeName":"{{{node}}}","serviceAccountName":"default","containers":[{"name":"c","image":"i"}]}}
        """);

    /// <summary>The apiVersion of Calico's objects.</summary>
    public string Version => _group == "v1" ? "crd.projectcalico.org/v1" : "projectcalico.org/v3";

    /// <summary>Makes many objects, faster than kubectl can.</summary>
    public void CreateAll(string collection, IEnumerable<string> objects)
    {
        using var api = new ApiClient(() => AdminAccess);
        var requests = objects.Select(json => new ApiRequest("POST", collection) { Body = Encoding.UTF8.GetBytes(json) }).ToList();
        foreach (var part in requests.Chunk(100))
            Assert.All(api.Send(part, "create", TimeSpan.FromSeconds(60)), reply => Assert.True(reply.IsSuccess, Encoding.UTF8.GetString(reply.Body)));
    }

    /// <summary>Deletes all that a test has made.</summary>
    public void Clear()
    {
        var suffix = Version.Split('/')[0];
        foreach (var plural in new[] { "ipamblocks", "blockaffinities", "ipamhandles", "ippools", "ipreservations", "clusterinformations", _group == "v1" ? "ipamconfigs" : "ipamconfigurations" })
            Kubectl("delete", $"{plural}.{suffix}", "--all", "--wait=false");
        Kubectl("delete", "pods", "--all", "-A", "--grace-period=0", "--force", "--wait=false");
        Kubectl("delete", "nodes", "--all", "--wait=false");
    }

    public void Dispose()
    {
        Stop();
        _process?.Dispose();
        _etcd.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private ToolResult TryKubectl(byte[]? input, params string[] arguments)
    {
        string[] command = [.. _inside, $"{Built}/kubectl", "--request-timeout=20s", .. arguments];
        return Tool.Try(
            command[0], command[1..], input,
            new Dictionary<string, string> { ["KUBECONFIG"] = $"{Directory}/admin.kubeconfig", ["HOME"] = Directory, ["PATH"] = Environment.GetEnvironmentVariable("PATH")! });
    }

    private string Kubeconfig(string token, string? url = null, string? ca = null) =>
        $$"""
        # as Calico's install writes it
        apiVersion: v1
        kind: Config
        clusters:
        - name: local
          cluster:
            server: {{url ?? Url}}
            certificate-authority: {{ca ?? "apiserver.crt"}}
        users:
        - name: calico
          user:
            token: {{token}}
        contexts:
        - name: calico-context
          context:
            cluster: local
            user: calico
        current-context: calico-context
        """;

    private void InstallDefinitions()
    {
        Apply(Tool.Run("bash", $"{Sources}/crds.sh", _group));
        Apply("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default"}}""");
        foreach (var plural in new[] { "ippools", "ipamblocks", "ipamhandles", "blockaffinities", "clusterinformations", "ipreservations" })
        {
            for (var end = DateTime.UtcNow.AddSeconds(30); TryKubectl("get", $"{plural}.{Version.Split('/')[0]}").ExitCode != 0; Thread.Sleep(100))
                Assert.True(DateTime.UtcNow < end, $"{plural} are not served:\n{File.ReadAllText($"{Directory}/log")}");
        }
    }
}

/// <summary>One API server for all tests of a class.</summary>
public sealed class ApiServerFixture : IDisposable
{
    private readonly Lazy<ApiServer> _server = new(() => new ApiServer());

    internal ApiServer Server => _server.Value;

    public void Dispose()
    {
        if (_server.IsValueCreated)
            _server.Value.Dispose();
    }
}
