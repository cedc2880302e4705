using System.Text.Json;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Datastores.Kubernetes;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Kubernetes;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Datastores;

/// <summary>The contract on a Kubernetes API, and its objects as kubectl sees them.</summary>
public sealed class KubernetesDatastoreTests : DatastoreContract, IClassFixture<ApiServerFixture>, IDisposable
{
    private readonly ApiServer _server;
    private readonly KubernetesDatastore _store;

    public KubernetesDatastoreTests(ApiServerFixture fixture)
    {
        _server = fixture.Server;
        _server.Clear();
        _store = new KubernetesDatastore(new ApiClient(() => _server.AdminAccess), configured: null);
    }

    private protected override IDatastore Store => _store;

    [Fact]
    public void Kubectl_reads_what_Calico_would_have_written()
    {
        Store.Create(new BlockKey(First), BlockOf(First), Soon);
        Store.Update(Store.Create(new AffinityKey(BlockOwner.Host("node-a"), Six), Pending, Soon), Confirmed, Soon);
        Store.Create(new HandleKey("net.c1"), BlockHandle.Of(First, 1).With(Six, 2), Soon);

        var block = _server.Get("ipamblocks.crd.projectcalico.org", "10-0-0-0-26");
        Assert.Equal("{}", block.GetProperty("metadata").GetProperty("annotations").GetProperty("projectcalico.org/metadata").GetString());
        var spec = block.GetProperty("spec");
        Assert.Equal(("10.0.0.0/26", "host:node-a", false, false), (Text(spec, "cidr"), Text(spec, "affinity"), spec.GetProperty("deleted").GetBoolean(), spec.GetProperty("strictAffinity").GetBoolean()));
        Assert.Equal(1782900000000000001UL, spec.GetProperty("sequenceNumber").GetUInt64());
        Assert.Equal("p<1>&", spec.GetProperty("attributes")[0].GetProperty("secondary").GetProperty("pod").GetString());

        var affinity = _server.Get("blockaffinities.crd.projectcalico.org", "node-a-fd80-24e2-f998-72d6---122");
        Assert.Equal("""{"cidr":"fd80:24e2:f998:72d6::/122","deleted":"false","node":"node-a","state":"confirmed","type":"host"}""", Compact(affinity.GetProperty("spec")));
        Assert.Equal(
            """{"projectcalico.org/affinity-type":"host","projectcalico.org/hostname-hash":"PY3TQE2E3XMTETLM2MJO3UITKPFB27YUJ4T4E5XGPEJON3SM4QAA","projectcalico.org/ip-version":"6"}""",
            Compact(affinity.GetProperty("metadata").GetProperty("labels")));
        var handle = _server.Get("ipamhandles.crd.projectcalico.org", "net.c1");
        Assert.Equal("""{"block":{"10.0.0.0/26":1,"fd80:24e2:f998:72d6::/122":2},"deleted":false,"handleID":"net.c1"}""", Compact(handle.GetProperty("spec")));
    }

    [Fact]
    public void What_kubectl_applied_is_read_and_what_people_added_stays()
    {
        _server.Apply(
            """
            apiVersion: crd.projectcalico.org/v1
            kind: IPPool
            metadata: {name: default-ipv4-ippool, labels: {team: net}, annotations: {why: because}}
            spec: {cidr: 192.168.0.0/16, blockSize: 26, ipipMode: Never, natOutgoing: true, nodeSelector: all(), vxlanMode: CrossSubnet}
            """);
        var entry = Assert.Single(Store.List(new AllPools(), Soon));
        var pool = entry.As<IpPool>();
        Assert.Equal((26, "Never", "CrossSubnet", true, true), (pool.BlockSize, pool.IpipMode, pool.VxlanMode, pool.NatOutgoing, pool.IsEnabled));
        Store.Update(entry, pool with { Disabled = true }, Soon);
        var stored = _server.Get("ippools.crd.projectcalico.org", "default-ipv4-ippool");
        Assert.True(stored.GetProperty("spec").GetProperty("disabled").GetBoolean());
        Assert.Equal(("net", "because"), (Text(stored.GetProperty("metadata").GetProperty("labels"), "team"), Text(stored.GetProperty("metadata").GetProperty("annotations"), "why")));
    }

    [Fact]
    public void Several_questions_are_one_round_trip()
    {
        var entry = Store.Create(new HandleKey("net.c1"), BlockHandle.Of(First, 1), Soon);
        Store.Read([new AllPools(), new AllReservations(), new SettingsKey(), new NodeKey("a"), new AffinitiesOf(BlockOwner.Host("a"), IsV6: false)], Soon);
        Store.Delete(Store.Update(entry, BlockHandle.Of(First, 2), Soon), Soon);
        Assert.Equal((4, 8), (_store.Api.RoundTrips, _store.Api.Requests));
    }

    [Fact]
    public void A_deletion_that_stopped_half_way_is_finished_by_who_meets_it()
    {
        var key = new HandleKey("net.c1");
        Store.Create(key, BlockHandle.Of(First, 1), Soon);
        _server.Kubectl("patch", "ipamhandles.crd.projectcalico.org", "net.c1", "--type=merge", "-p", """{"spec":{"deleted":true}}""");
        Assert.Empty(Store.List(new AllHandles(), Soon));
        Assert.Null(Store.Find(key, Soon));
        Assert.Equal(1, _server.TryKubectl("get", "ipamhandles.crd.projectcalico.org", "net.c1").ExitCode);
        var affinity = new AffinityKey(BlockOwner.Host("node-a"), First);
        Store.Create(affinity, Pending, Soon);
        _server.Kubectl("patch", "blockaffinities.crd.projectcalico.org", "node-a-10-0-0-0-26", "--type=merge", "-p", """{"spec":{"deleted":"true"}}""");
        Assert.Empty(Store.List(new AffinitiesOf(affinity.Owner), Soon));
        Assert.Null(Store.Find(affinity, Soon));
    }

    [Fact]
    public void A_name_of_another_object_is_not_taken_for_ones_own()
    {
        Store.Create(new HandleKey("net.ABC"), BlockHandle.Of(First, 1), Soon);
        Assert.Contains("differs in case", Assert.Throws<DatastoreException>(() => Store.Find(new HandleKey("net.abc"), Soon)!.As<BlockHandle>()).Message, StringComparison.Ordinal);
        Store.Create(new AffinityKey(new BlockOwner(AffinityType.Virtual, "n"), First), Confirmed, Soon);
        Assert.IsType<Unreadable>(Store.Find(new AffinityKey(BlockOwner.Host("n"), First), Soon)!.Value);
        var name = string.Concat(Enumerable.Repeat("node.", 50)) + "x";
        var created = Store.Create(new AffinityKey(BlockOwner.Host(name), First), Confirmed, Soon);
        Assert.Equal(created.Revision, Store.Find(created.Key, Soon)!.Revision);
    }

    [Fact]
    public void Long_lists_come_page_by_page()
    {
        var objects = Enumerable.Range(0, 1201).Select(i =>
            $$$"""{"apiVersion":"crd.projectcalico.org/v1","kind":"IPAMHandle","metadata":{"name":"net.c{{{i:0000}}}"},"spec":{"handleID":"net.c{{{i:0000}}}","block":{} } }""");
        _server.CreateAll("apis/crd.projectcalico.org/v1/ipamhandles", objects);
        var before = _store.Api.RoundTrips;
        Assert.Equal(Enumerable.Range(0, 1201).Select(n => $"net.c{n:0000}"), Store.List(new AllHandles(), Soon).Select(entry => ((HandleKey)entry.Key).Id));
        Assert.Equal(3, _store.Api.RoundTrips - before);
    }

    [Fact]
    public void Nodes_and_namespaces_and_pods_are_read_and_never_written()
    {
        _server.Apply("""{"apiVersion":"v1","kind":"Node","metadata":{"name":"node-a","labels":{"rack":"1"},"annotations":{"projectcalico.org/labels":"{\"rack\":\"2\",\"site\":\"b\"}"}}}""");
        _server.AddPod("p", "node-a", """{"cni.projectcalico.org/podIP":"10.0.0.1/32"}""");
        var answers = Store.Read([new NodeKey("node-a"), new NamespaceKey("default"), new PodKey("default", "p"), new PodKey("default", "q")], Soon);
        var labels = Assert.Single(answers[0]).As<ClusterNode>().Labels;
        Assert.Equal(("1", "b"), (labels["rack"], labels["site"]));
        Assert.Single(answers[1]);
        var pod = Assert.Single(answers[2]).As<ClusterPod>();
        Assert.Equal(("node-a", "default", "10.0.0.1/32"), (pod.NodeName, pod.ServiceAccount, pod.Annotations["cni.projectcalico.org/podIP"]));
        Assert.Empty(answers[3]);
    }

    public void Dispose() => _store.Dispose();

    private protected override Client Another() => new(new KubernetesDatastore(new ApiClient(() => _server.AdminAccess), configured: null));

    /// <summary>The schema keeps out what has no form at all; a state may be any text.</summary>
    private protected override void Corrupt(Key key, string text) => _server.Kubectl(
        "patch", "blockaffinities.crd.projectcalico.org", ResourceName.Of(key), "--type=merge", "-p", $"{{\"spec\":{{\"state\":{JsonSerializer.Serialize(text)}}}}}");

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element);
}
