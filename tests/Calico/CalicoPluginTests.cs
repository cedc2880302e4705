using System.Text.Json;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Calico;

/// <summary>The calico plugin as published, against a Kubernetes API: what pods have, and what ip, ping and kubectl say about it.</summary>
public sealed class CalicoPluginTests(CalicoCluster cluster) : IClassFixture<CalicoCluster>
{
    private const string HostMac = "ee:ee:ee:ee:ee:ee";

    [Fact]
    public void A_pod_has_what_Calico_gives_it_and_DEL_leaves_nothing()
    {
        var api = cluster.Begin();
        api.AddPod("web", CalicoCluster.Node);
        var pod = cluster.Host.AddPod();
        var cni = cluster.For("web");
        var result = cni.Add(cluster.Conf, "c1", pod);

        // printf default.web | sha1sum; the first block of this node in this pool is the seed document's.
        const string HostLink = "cali68caf03a5f4";
        var interfaces = result.GetProperty("interfaces");
        Assert.Equal((HostLink, "eth0", pod), (Text(interfaces[0], "name"), Text(interfaces[1], "name"), Text(interfaces[1], "sandbox")));
        var ip = result.GetProperty("ips")[0];
        Assert.Equal(("192.168.119.64/32", 1, false), (Text(ip, "address"), ip.GetProperty("interface").GetInt32(), ip.TryGetProperty("gateway", out _)));

        var routes = Sandbox.PodIpJson(pod, "route show").EnumerateArray().ToList();
        Assert.Contains(routes, route => Text(route, "dst") == "default" && Text(route, "gateway") == "169.254.1.1" && Text(route, "dev") == "eth0");
        Assert.Contains(routes, route => Text(route, "dst") == "169.254.1.1" && Text(route, "scope") == "link");
        var neighbour = Sandbox.PodIpJson(pod, "neigh show 169.254.1.1").EnumerateArray().Single();
        Assert.Equal((HostMac, "PERMANENT"), (Text(neighbour, "lladdr"), neighbour.GetProperty("state")[0].GetString()));
        Assert.Equal("0", Sandbox.TryInPod(pod, "cat", "/proc/sys/net/ipv4/ip_forward").Output.Trim());

        var link = cluster.Host.IpJson($"addr show dev {HostLink}")[0];
        Assert.Equal(HostMac, Text(link, "address"));
        Assert.Contains(link.GetProperty("addr_info").EnumerateArray(), address => Text(address, "local") == "fe80::ecee:eeff:feee:eeee");
        var route = cluster.Host.IpJson("route show 192.168.119.64").EnumerateArray().Single();
        Assert.Equal((HostLink, "link"), (Text(route, "dev"), Text(route, "scope")));
        Assert.Equal("1", cluster.Host.InHost("cat", $"/proc/sys/net/ipv4/conf/{HostLink}/proxy_arp").Trim());

        var annotations = cluster.AnnotationsOf("web");
        Assert.Equal(("192.168.119.64/32", "192.168.119.64/32", "c1"), (annotations["cni.projectcalico.org/podIP"], annotations["cni.projectcalico.org/podIPs"], annotations["cni.projectcalico.org/containerID"]));
        Assert.Equal(["192.168.119.64/26+0=k8s-pod-network.c1"], cluster.Held());
        var owner = api.Get("ipamblocks.crd.projectcalico.org", "192-168-119-64-26").GetProperty("spec").GetProperty("attributes")[0].GetProperty("secondary");
        Assert.Equal((CalicoCluster.Node, "web", "default"), (Text(owner, "node"), Text(owner, "pod"), Text(owner, "namespace")));

        cni.Del(cluster.Conf, "c1", pod);
        cni.Del(cluster.Conf, "c1", pod);
        Assert.Empty(cluster.Held());
        Assert.Equal(0, cluster.Count("ipamhandles"));
        annotations = cluster.AnnotationsOf("web");
        Assert.Equal(("", "", "c1"), (annotations["cni.projectcalico.org/podIP"], annotations["cni.projectcalico.org/podIPs"], annotations["cni.projectcalico.org/containerID"]));
        Assert.DoesNotContain(cluster.Host.IpJson("link show").EnumerateArray(), found => Text(found, "ifname") == HostLink);
        var log = File.ReadAllText(Path.Combine(cluster.Host.Directory, "cni.log"));
        Assert.Contains($"calico ADD c1/eth0: attached 192.168.119.64/32 by {HostLink}", log, StringComparison.Ordinal);
        Assert.DoesNotContain("token-of", log, StringComparison.Ordinal);
    }

    [Fact]
    public void Pods_reach_each_other_and_the_host_without_a_default_route_on_it()
    {
        var api = cluster.Begin();
        var pods = new List<(string Pod, string Address)>();
        foreach (var name in new[] { "one", "two" })
        {
            api.AddPod(name, CalicoCluster.Node);
            var pod = cluster.Host.AddPod();
            pods.Add((pod, Text(cluster.For(name).Add(cluster.Conf, $"c-{name}", pod).GetProperty("ips")[0], "address").Split('/')[0]));
        }

        Assert.Equal(0, Sandbox.TryInPod(pods[0].Pod, "ping", "-c1", "-W2", pods[1].Address).ExitCode);
        cluster.Host.InHost("ping", "-c1", "-W2", pods[1].Address);
        foreach (var (i, name) in new[] { "one", "two" }.Index())
            cluster.For(name).Del(cluster.Conf, $"c-{name}", pods[i].Pod);
        Assert.Empty(cluster.Held());
    }

    [Fact]
    public void A_pod_of_both_families_is_reached_by_both()
    {
        var api = cluster.Begin();
        api.AddPool("six", "fd20::/112");
        var conf = cluster.Configure(""" "ipam":{"type":"calico-ipam","assign_ipv4":"true","assign_ipv6":"true"} """, "1.0.0");
        var pods = new List<string>();
        foreach (var name in new[] { "one", "two" })
        {
            api.AddPod(name, CalicoCluster.Node);
            pods.Add(cluster.Host.AddPod());
            var ips = cluster.For(name).Add(conf, $"d-{name}", pods[^1]).GetProperty("ips");
            Assert.Equal(2, ips.GetArrayLength());
            var six = Text(ips[1], "address").Split('/')[0];
            cluster.Host.InHost("ping", "-c1", "-W2", six);
            if (pods.Count > 1)
                Assert.Equal(0, Sandbox.TryInPod(pods[0], "ping", "-c1", "-W2", six).ExitCode);
        }

        foreach (var (i, name) in new[] { "one", "two" }.Index())
            cluster.For(name).Del(conf, $"d-{name}", pods[i]);
        Assert.Empty(cluster.Held());
    }

    [Fact]
    public void A_late_DEL_of_an_old_sandbox_leaves_the_new_one_alone()
    {
        var api = cluster.Begin();
        api.AddPod("web", CalicoCluster.Node);
        var (old, now) = (cluster.Host.AddPod(), cluster.Host.AddPod());
        var cni = cluster.For("web");
        cni.Add(cluster.Conf, "old", old);
        var second = Text(cni.Add(cluster.Conf, "now", now).GetProperty("ips")[0], "address");
        cni.Del(cluster.Conf, "old", old);
        Assert.Equal("now", cluster.AnnotationsOf("web")["cni.projectcalico.org/containerID"]);
        Assert.Equal(second, cluster.AnnotationsOf("web")["cni.projectcalico.org/podIP"]);
        Assert.Equal("k8s-pod-network.now", Assert.Single(cluster.Held()).Split('=')[1]);
        cluster.Host.InHost("ping", "-c1", "-W2", second.Split('/')[0]);
        cni.Del(cluster.Conf, "now", now);
        Assert.Empty(cluster.Held());
    }

    [Fact]
    public void DEL_works_without_the_pod_and_without_its_namespace()
    {
        var api = cluster.Begin();
        api.AddPod("web", CalicoCluster.Node);
        var pod = cluster.Host.AddPod();
        var cni = cluster.For("web");
        var link = Text(cni.Add(cluster.Conf, "c1", pod).GetProperty("interfaces")[0], "name");
        api.Kubectl("delete", "pod", "web", "--grace-period=0", "--force");
        cni.Del(cluster.Conf, "c1", "");
        Assert.Empty(cluster.Held());
        Assert.DoesNotContain(cluster.Host.IpJson("link show").EnumerateArray(), found => Text(found, "ifname") == link);
    }

    [Fact]
    public void A_failed_ADD_leaves_nothing()
    {
        var api = cluster.Begin();
        api.AddPod("web", CalicoCluster.Node);
        var pod = cluster.Host.AddPod();
        var cni = cluster.For("web");
        Failure(cni, cluster.Conf.Replace("\"policy\"", "\"require_mtu_file\":true,\"policy\"", StringComparison.Ordinal), "failed to read MTU file: open /var/lib/calico/mtu: no such file or directory");
        Failure(cluster.For("missing"), cluster.Conf, "pods \"missing\" not found");
        api.AddPod("web", CalicoCluster.Node, """{"cni.projectcalico.org/hwAddr":"no"}""");
        Failure(cni, cluster.Conf, "failed to parse MAC address no provided via cni.projectcalico.org/hwAddr");
        api.AddPod("web", CalicoCluster.Node, """{"cni.projectcalico.org/floatingIPs":"[\"10.9.9.9\"]"}""");
        Failure(cni, cluster.Conf, "requested feature is not enabled: floating_ips");
        api.AddPod("web", CalicoCluster.Node, """{"cni.projectcalico.org/ipFamilies":"[\"IPv5\"]"}""");
        Failure(cni, cluster.Conf, "error parsing ipFamilies: IPv5");
        api.AddPod("web", CalicoCluster.Node);
        api.Apply($$$"""{"apiVersion":"{{{api.Version}}}","kind":"ClusterInformation","metadata":{"name":"default"},"spec":{"datastoreReady":false}}""");
        Failure(cni, cluster.Conf, "Calico is currently not ready to process requests");

        void Failure(CniCall call, string conf, string message)
        {
            var links = cluster.Host.IpJson("link show").GetArrayLength();
            Assert.Equal(message, CniCall.Error(call.Run("ADD", conf, "c1", pod)).Message);
            Assert.Empty(cluster.Held());
            Assert.Equal(links, cluster.Host.IpJson("link show").GetArrayLength());
        }
    }

    [Fact]
    public void Annotations_choose_pools_addresses_and_the_hardware_address()
    {
        var api = cluster.Begin();
        api.AddPool("other", "10.66.0.0/24", """ "blockSize":28 """);
        api.AddPod("web", CalicoCluster.Node, """{"cni.projectcalico.org/ipv4pools":"[\"other\"]","cni.projectcalico.org/hwAddr":"02:00:00:00:00:77"}""");
        var pod = cluster.Host.AddPod();
        var result = cluster.For("web").Add(cluster.Conf, "c1", pod);
        Assert.StartsWith("10.66.0.", Text(result.GetProperty("ips")[0], "address"), StringComparison.Ordinal);
        Assert.Equal("02:00:00:00:00:77", Text(Sandbox.PodIpJson(pod, "link show dev eth0")[0], "address"));
        cluster.For("web").Del(cluster.Conf, "c1", pod);

        api.AddPod("fixed", CalicoCluster.Node, """{"cni.projectcalico.org/ipAddrs":"[\"192.168.119.70\"]"}""");
        foreach (var container in new[] { "f1", "f2" })
        {
            // The second sandbox gets the address although the first one's DEL is yet to come.
            var next = cluster.Host.AddPod();
            Assert.Equal("192.168.119.70/32", Text(cluster.For("fixed").Add(cluster.Conf, container, next).GetProperty("ips")[0], "address"));
            cluster.Host.InHost("ping", "-c1", "-W2", "192.168.119.70");
        }

        cluster.For("fixed").Del(cluster.Conf, "f1", "");
        Assert.Equal("k8s-pod-network.f2", Assert.Single(cluster.Held()).Split('=')[1]);
        cluster.For("fixed").Del(cluster.Conf, "f2", "");

        var free = cluster.Configure(""" "feature_control":{"ip_addrs_no_ipam":true} """);
        api.AddPod("free", CalicoCluster.Node, """{"cni.projectcalico.org/ipAddrsNoIpam":"[\"10.99.0.1\"]"}""");
        Assert.Equal("requested feature is not enabled: ip_addrs_no_ipam", CniCall.Error(cluster.For("free").Run("ADD", cluster.Conf, "n1", pod)).Message);
        cluster.For("free").Add(free, "n1", pod);
        cluster.Host.InHost("ping", "-c1", "-W2", "10.99.0.1");
        cluster.For("free").Del(free, "n1", pod);
        Assert.Empty(cluster.Held());
    }

    [Fact]
    public void Host_local_gives_addresses_of_the_nodes_own_subnet()
    {
        var api = cluster.Begin();
        api.AddPod("web", CalicoCluster.Node);
        var pod = cluster.Host.AddPod();
        var conf = cluster.Configure($$""" "ipam":{"type":"host-local","subnet":"usePodCidr","dataDir":"{{cluster.Host.Directory}}/leases"} """);
        var result = cluster.For("web").Add(conf, "c1", pod);
        Assert.Equal("10.1.0.2/32", Text(result.GetProperty("ips")[0], "address"));
        cluster.Host.InHost("ping", "-c1", "-W2", "10.1.0.2");
        Assert.Equal("10.1.0.2/32", cluster.AnnotationsOf("web")["cni.projectcalico.org/podIP"]);
        cluster.For("web").Del(conf, "c1", pod);
        Assert.DoesNotContain(Directory.GetFiles($"{cluster.Host.Directory}/leases/k8s-pod-network"), file => file.EndsWith("10.1.0.2", StringComparison.Ordinal));
    }

    [Fact]
    public void CHECK_and_STATUS_and_GC_do_something()
    {
        var api = cluster.Begin();
        api.AddPod("web", CalicoCluster.Node);
        var pod = cluster.Host.AddPod();
        var cni = cluster.For("web");
        var conf = cluster.Configure("", "1.1.0");
        var result = cni.Add(conf, "c1", pod);
        cni.Check(conf, result, "c1", pod);
        var status = cni.Status(conf);
        Assert.True(status.ExitCode == 0, status.Output);
        cluster.Host.Ip("route del 192.168.119.64");
        Assert.Contains("no route to 192.168.119.64/32", CniCall.Error(cni.TryCheck(conf, result, "c1", pod)).Message, StringComparison.Ordinal);
        cni.Gc(conf, ("c1", "eth0"));
        Assert.Single(cluster.Held());
        cni.Gc(conf);
        Assert.Empty(cluster.Held());
        Assert.DoesNotContain(cluster.Host.IpJson("link show").EnumerateArray(), found => Text(found, "ifname").StartsWith("cali", StringComparison.Ordinal));
        Assert.Equal(0, Test(conf).ExitCode);
        api.Apply($$$"""{"apiVersion":"{{{api.Version}}}","kind":"ClusterInformation","metadata":{"name":"default"},"spec":{"datastoreReady":false}}""");
        Assert.Equal(50, CniCall.Error(cni.Status(conf)).Code);
        Assert.Equal((100, "data store connection failed", "Calico is currently not ready to process requests"), CniCall.Error(Test(conf)));

        ToolResult Test(string configuration) => cni.Execute([Path.Combine(cni.Bin, "calico"), "-t"], System.Text.Encoding.UTF8.GetBytes(configuration), new Dictionary<string, string>());
    }

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.ToString() : "";
}
