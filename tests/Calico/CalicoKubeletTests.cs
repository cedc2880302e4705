using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Calico;

/// <summary>The conflist that clusters have, as the demo shows it, under containerd's container runtime interface: pods as the kubelet makes them, and the API in the end.</summary>
public sealed class CalicoKubeletTests : IDisposable
{
    private readonly Machine _machine = new();
    private readonly ApiServer? _api;
    private readonly Kubelet _kubelet;

    public CalicoKubeletTests()
    {
        try
        {
            _api = new ApiServer("v1", _machine.Host.HostPath);
            _api.AddNode("node1");
            _api.AddPool("default-ipv4-ippool", "192.168.0.0/16", """ "blockSize":26,"ipipMode":"Never","natOutgoing":true,"nodeSelector":"all()","vxlanMode":"CrossSubnet" """);
            var conflist = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "scripts", "net.d", "10-calico.conflist"));
            _machine.AddNetwork("10-calico.conflist", File.ReadAllText(conflist).Replace("https://10.96.0.1:443", _api.Url, StringComparison.Ordinal));
            _machine.AddNetwork("calico-kubeconfig", File.ReadAllText(_api.KubeconfigPath).Replace("apiserver.crt", _api.CaFile, StringComparison.Ordinal));
            _machine.Run("sh", "-c", "mount -t tmpfs tmpfs /var/log; mkdir -p /var/lib/calico; printf node1 >/var/lib/calico/nodename");
            _kubelet = new Kubelet(new Containerd(_machine));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private ApiServer Api => _api!;

    [Fact]
    public void Pods_have_what_the_seed_shows_and_leave_nothing_on_the_node_or_in_the_API()
    {
        Api.AddPod("web", "node1");
        Api.AddPod("other", "node1");
        var web = _kubelet.Run(new PodSpec("web") { HostPort = 8080, Annotations = { ["kubernetes.io/ingress-bandwidth"] = "8M" } });
        var other = _kubelet.Run(new PodSpec("other"));
        var (address, from) = (_kubelet.Addresses(web)[0], _kubelet.Addresses(other)[0]);
        Assert.StartsWith("192.168.", address, StringComparison.Ordinal);
        Assert.Equal($"{address}/32", Api.Get("pod", "web").GetProperty("metadata").GetProperty("annotations").GetProperty("cni.projectcalico.org/podIPs").GetString());
        Assert.Equal(web, Api.Get("pod", "web").GetProperty("metadata").GetProperty("annotations").GetProperty("cni.projectcalico.org/containerID").GetString());
        Assert.Contains("default via 169.254.1.1 dev eth0", _kubelet.Exec(web, "ip", "route"), StringComparison.Ordinal);
        Assert.Equal(from, _kubelet.Get(other, address, 80));
        Assert.Equal("192.0.2.2", OciImage.ClientSeen(_machine.RunRemotely(OciImage.Ask("192.0.2.1", 8080))));
        Assert.Contains("rate 8Mbit", _machine.Run("tc", "qdisc", "show"), StringComparison.Ordinal);

        _kubelet.End(web, other);
        Assert.DoesNotContain("cali", _machine.Run("ip", "-br", "link"), StringComparison.Ordinal);
        Assert.DoesNotContain("192.168.", _machine.Run("ip", "route"), StringComparison.Ordinal);
        Assert.Equal(0, Api.Get("ipamhandles.crd.projectcalico.org").GetProperty("items").GetArrayLength());
        Assert.Equal("", Api.Get("pod", "web").GetProperty("metadata").GetProperty("annotations").GetProperty("cni.projectcalico.org/podIP").GetString());
    }

    [Fact]
    public void A_pod_that_Kubernetes_does_not_know_is_refused_and_holds_nothing()
    {
        var (_, error) = _kubelet.TryRun(new PodSpec("stranger"));
        Assert.Contains("pods \"stranger\" not found", error, StringComparison.Ordinal);
        Assert.Equal(0, Api.Get("ipamhandles.crd.projectcalico.org").GetProperty("items").GetArrayLength());
        Assert.DoesNotContain("cali", _machine.Run("ip", "-br", "link"), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _kubelet?.Dispose();
        _api?.Dispose();
        _machine.Dispose();
    }
}
