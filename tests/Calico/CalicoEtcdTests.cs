using System.Text.Json;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Calico;

/// <summary>The published calico plugin with etcd as its datastore, with and without Kubernetes' names; etcdctl judges.</summary>
public sealed class CalicoEtcdTests : IDisposable
{
    private readonly Sandbox _host = new();
    private readonly EtcdServer _etcd;

    public CalicoEtcdTests()
    {
        _etcd = new EtcdServer(_host.HostPath, tls: null).Ready();
        _host.Ip("addr add 192.0.2.1/32 dev lo");
        _etcd.Put(
            "/calico/resources/v3/projectcalico.org/ippools/p",
            """{"kind":"IPPool","apiVersion":"projectcalico.org/v3","metadata":{"name":"p"},"spec":{"cidr":"10.7.0.0/24","blockSize":28}}""");
    }

    private string Conf =>
        $$$"""
        {"name":"net1","cniVersion":"1.0.0","type":"calico","etcd_endpoints":"{{{_etcd.Url}}}","nodename":"node-1","nodename_file_optional":true,
         "ipam_lock_file":"{{{_host.Directory}}}/lock","ipam":{"type":"calico-ipam"}}
        """;

    [Fact]
    public void A_container_of_any_orchestrator_has_an_endpoint_and_its_network_a_profile()
    {
        var pod = _host.AddPod();
        var cni = new CniCall(_host);
        var result = cni.Add(Conf, "container1234567", pod);
        Assert.Equal("calicontainer12", result.GetProperty("interfaces")[0].GetProperty("name").GetString());
        var address = result.GetProperty("ips")[0].GetProperty("address").GetString()!;
        _host.InHost("ping", "-c1", "-W2", address.Split('/')[0]);

        var stored = JsonDocument.Parse(_etcd.Dump()["/calico/resources/v3/projectcalico.org/workloadendpoints/default/node--1-cni-container1234567-eth0"]).RootElement;
        Assert.Equal(("WorkloadEndpoint", "projectcalico.org/v3", "default"), (Text(stored, "kind"), Text(stored, "apiVersion"), Text(stored.GetProperty("metadata"), "namespace")));
        var spec = stored.GetProperty("spec");
        Assert.Equal(("cni", "node-1", "container1234567", "eth0", "calicontainer12"), (Text(spec, "orchestrator"), Text(spec, "node"), Text(spec, "containerID"), Text(spec, "endpoint"), Text(spec, "interfaceName")));
        Assert.Equal((address, "net1", result.GetProperty("interfaces")[1].GetProperty("mac").GetString()), (spec.GetProperty("ipNetworks")[0].GetString(), spec.GetProperty("profiles")[0].GetString(), Text(spec, "mac")));
        var profile = JsonDocument.Parse(_etcd.Dump()["/calico/resources/v3/projectcalico.org/profiles/net1"]).RootElement.GetProperty("spec");
        Assert.Equal("has(net1)", Text(profile.GetProperty("ingress")[0].GetProperty("source"), "selector"));
        cni.Check(Conf, result, "container1234567", pod);

        cni.Del(Conf, "container1234567", pod);
        cni.Del(Conf, "container1234567", pod);
        Assert.DoesNotContain(_etcd.Dump().Keys, key => key.Contains("workloadendpoints", StringComparison.Ordinal) || key.Contains("/handle/", StringComparison.Ordinal));
        Assert.Contains("/calico/resources/v3/projectcalico.org/profiles/net1", _etcd.Dump().Keys);
    }

    [Fact]
    public void A_pod_has_an_endpoint_under_its_own_name_and_a_newer_sandbox_keeps_it()
    {
        var (old, now) = (_host.AddPod(), _host.AddPod());
        var cni = new CniCall(_host) { Variables = new Dictionary<string, string> { ["CNI_ARGS"] = "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0" } };
        cni.Add(Conf, "old", old);
        cni.Add(Conf, "now", now);
        const string Key = "/calico/resources/v3/projectcalico.org/workloadendpoints/shop/node--1-k8s-web--0-eth0";
        Assert.Equal("now", Text(JsonDocument.Parse(_etcd.Dump()[Key]).RootElement.GetProperty("spec"), "containerID"));
        cni.Del(Conf, "old", old);
        Assert.Equal("now", Text(JsonDocument.Parse(_etcd.Dump()[Key]).RootElement.GetProperty("spec"), "containerID"));
        cni.Del(Conf, "now", now);
        Assert.DoesNotContain(Key, _etcd.Dump().Keys);
    }

    [Fact]
    public void GC_takes_the_endpoints_of_containers_that_are_no_more()
    {
        var cni = new CniCall(_host);
        var conf = Conf.Replace("1.0.0", "1.1.0", StringComparison.Ordinal);
        foreach (var container in new[] { "gone", "alive" })
            cni.Add(conf, container, _host.AddPod());
        Thread.Sleep(1100); // creation is told in whole seconds, and what is younger than the call stays
        cni.Gc(conf, ("alive", "eth0"));
        Assert.EndsWith("cni-alive-eth0", Assert.Single(_etcd.Dump().Keys, key => key.Contains("workloadendpoints", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.EndsWith("net1.alive", Assert.Single(_etcd.Dump().Keys, key => key.Contains("/handle/", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_locked_datastore_is_not_written_to_and_says_so()
    {
        var pod = _host.AddPod();
        var cni = new CniCall(_host);
        cni.Add(Conf, "c1", pod);
        _etcd.Put("/calico/resources/v3/projectcalico.org/clusterinformations/default", """{"kind":"ClusterInformation","metadata":{"name":"default"},"spec":{"datastoreReady":false}}""");
        var before = _etcd.Dump();
        var (code, message, _) = CniCall.Error(cni.Run("DEL", Conf, "c1", pod));
        Assert.Equal((11, "Calico is currently not ready to process requests"), (code, message));
        Assert.Equal(before, _etcd.Dump());
        Assert.DoesNotContain(_host.IpJson("link show").EnumerateArray(), link => Text(link, "ifname").StartsWith("cali", StringComparison.Ordinal));
        _etcd.Ctl("del", "/calico/resources/v3/projectcalico.org/clusterinformations/default");
        cni.Del(Conf, "c1", pod);
        Assert.DoesNotContain(_etcd.Dump().Keys, key => key.Contains("/handle/", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _etcd.Dispose();
        _host.Dispose();
    }

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.ToString() : "";
}
