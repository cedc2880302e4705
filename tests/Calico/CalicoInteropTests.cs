using System.Text.Json;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Calico;

/// <summary>What Calico's own programs wrote is read, and what is written here is theirs, with etcdctl as the judge.</summary>
public sealed class CalicoInteropTests
{
    private const string Block = "/calico/ipam/v2/assignment/ipv4/block/10.0.0.0-30";
    private const string Affinity = "/calico/ipam/v2/host/node-a/ipv4/block/10.0.0.0-30";
    private const string Handle = "/calico/ipam/v2/handle/k8s-pod-network.cid";
    private const string Pool = "/calico/resources/v3/projectcalico.org/ippools/p";

    /// <summary>The objects of the model's examples, as calico 3.32 leaves them in etcd: one address of four is taken.</summary>
    private static readonly Dictionary<string, string> Written = new()
    {
        [Pool] = """{"kind":"IPPool","apiVersion":"projectcalico.org/v3","metadata":{"name":"p","uid":"11111111-2222-3333-4444-555555555555","creationTimestamp":"2026-07-01T09:00:00Z"},"spec":{"cidr":"10.0.0.0/28","vxlanMode":"Never","ipipMode":"Always","natOutgoing":true,"blockSize":30,"nodeSelector":"all()","allowedUses":["Workload","Tunnel"],"assignmentMode":"Automatic"}}""",
        [Block] = """{"cidr":"10.0.0.0/30","affinity":"host:node-a","affinity_claim_time":"2026-07-01T10:00:00Z","allocations":[0,null,null,null],"unallocated":[1,2,3],"attributes":[{"handle_id":"k8s-pod-network.cid","secondary":{"namespace":"default","node":"node-a","pod":"p","timestamp":"2026-07-01 10:00:00.000000001 +0000 UTC"}}],"sequenceNumber":1782900000000000001,"sequenceNumberForAllocation":{"0":1782900000000000000},"deleted":false}""",
        [Affinity] = """{"state":"confirmed","deleted":false}""",
        [Handle] = """{"block":{"10.0.0.0/30":1},"deleted":false}""",
    };

    [Fact]
    public void A_pod_of_upstreams_keeps_its_address_and_ours_gets_the_next_one_of_its_block()
    {
        using var lab = NodeA();
        Assert.Equal("10.0.0.1/30", lab.Call("ADD").Json.GetProperty("ips")[0].GetProperty("address").GetString());
        Assert.Equal("10.0.0.0=k8s-pod-network.cid 10.0.0.1=k8s-pod-network.c1", lab.Held);
        var block = lab.Etcd.Dump()[Block];
        Assert.StartsWith("""{"cidr":"10.0.0.0/30","affinity":"host:node-a","affinity_claim_time":"2026-07-01T10:00:00Z","allocations":[0,1,null,null],"unallocated":[2,3],"attributes":[{"handle_id":"k8s-pod-network.cid","secondary":{"namespace":"default","node":"node-a","pod":"p","timestamp":"2026-07-01 10:00:00.000000001 +0000 UTC"}},{"handle_id":"k8s-pod-network.c1","secondary":{"node":"node-a","timestamp":"20""", block, StringComparison.Ordinal);
        Assert.EndsWith("""},"sequenceNumber":1782900000000000002,"sequenceNumberForAllocation":{"0":1782900000000000000,"1":1782900000000000001},"deleted":false}""".TrimStart('}', ','), block, StringComparison.Ordinal);
        Assert.Equal("""{"block":{"10.0.0.0/30":1},"deleted":false}""", lab.Etcd.Dump()["/calico/ipam/v2/handle/k8s-pod-network.c1"]);
        Assert.Equal(Written[Pool], lab.Etcd.Dump()[Pool]);
    }

    [Fact]
    public void Del_of_upstreams_pod_and_then_of_ours_leaves_what_upstream_would()
    {
        using var lab = NodeA();
        lab.Add();
        lab.Del("cid");
        lab.Del();
        var left = lab.Etcd.Dump();
        Assert.Equal(new[] { Block, Affinity, Pool }.Order(StringComparer.Ordinal), left.Keys.Order(StringComparer.Ordinal));
        var block = JsonDocument.Parse(left[Block]).RootElement;
        Assert.Equal("[2,3,0,1]", block.GetProperty("unallocated").GetRawText());
        Assert.Equal("[null,null,null,null]", block.GetProperty("allocations").GetRawText());
        Assert.Equal("[]", block.GetProperty("attributes").GetRawText());
        Assert.Equal("{}", block.GetProperty("sequenceNumberForAllocation").GetRawText());
        Assert.Equal(Written[Affinity], left[Affinity]);
    }

    [Fact]
    public void A_second_node_claims_a_block_of_its_own_as_upstream_would()
    {
        using var lab = NodeA();
        lab.Node = "node-b";
        lab.Add();
        var claims = lab.Etcd.Dump("/calico/ipam/v2/host/node-b/");
        Assert.Equal("""{"state":"confirmed","deleted":false}""", claims.Single().Value);
        Assert.DoesNotContain("10.0.0.0-30", claims.Single().Key, StringComparison.Ordinal);
    }

    [Fact]
    public void The_tool_knows_upstreams_objects_and_changes_only_what_it_is_told()
    {
        using var lab = NodeA();
        Assert.Contains("k8s-pod-network.cid", lab.Tool("ipam", "show", "k8s-pod-network", "--ip", "10.0.0.0").Output, StringComparison.Ordinal);
        Assert.Equal(0, lab.Tool("ipam", "pool", "disable", "k8s-pod-network", "p").ExitCode);
        Assert.Equal(Written[Pool].Replace("\"blockSize\":30,", "\"blockSize\":30,", StringComparison.Ordinal).Length + ",\"disabled\":true".Length, lab.Etcd.Dump()[Pool].Length);
        Assert.Equal(0, lab.Tool("ipam", "pool", "enable", "k8s-pod-network", "p").ExitCode);
        Assert.Equal(Written[Pool], lab.Etcd.Dump()[Pool]);
        Assert.Equal(0, lab.Tool("ipam", "configure", "k8s-pod-network", "--strict-affinity", "true").ExitCode);
        Assert.Equal("""{"strict_affinity":true,"auto_allocate_blocks":true}""", lab.Etcd.Dump()["/calico/ipam/v2/config"]);
        foreach (var key in new[] { Block, Affinity, Handle })
            Assert.Equal(Written[key], lab.Etcd.Dump()[key]);
    }

    private static CalicoLab NodeA()
    {
        var lab = new CalicoLab("etcdv3") { Ipam = "", Network = "k8s-pod-network", Node = "node-a" };
        foreach (var (key, value) in Written)
            lab.Etcd.Put(key, value);
        return lab;
    }
}
