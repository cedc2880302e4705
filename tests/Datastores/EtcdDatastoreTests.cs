using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Datastores.Etcd;
using CniPlugins.Ipam.Blocks.EtcdForm;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Datastores;

/// <summary>One etcd for all tests of the contract; each begins with an empty one.</summary>
public sealed class EtcdFixture : IDisposable
{
    private readonly Lazy<EtcdServer> _server = new(() => new EtcdServer().Ready());

    internal EtcdServer Server => _server.Value;

    public void Dispose()
    {
        if (_server.IsValueCreated)
            _server.Value.Dispose();
    }
}

/// <summary>The contract on Debian's etcd, and its keys and values as etcdctl sees them.</summary>
public sealed class EtcdDatastoreTests : DatastoreContract, IClassFixture<EtcdFixture>, IDisposable
{
    private readonly EtcdServer _server;
    private readonly EtcdDatastore _store;

    public EtcdDatastoreTests(EtcdFixture fixture)
    {
        _server = fixture.Server;
        _server.Ctl("del", "--prefix", "/calico/");
        _store = new EtcdDatastore(_server.Settings);
    }

    private protected override IDatastore Store => _store;

    [Fact]
    public void Etcdctl_reads_Calicos_keys_and_values_byte_for_byte()
    {
        Store.Create(new BlockKey(First), BlockOf(First), Soon);
        Store.Create(new AffinityKey(BlockOwner.Host("node-a"), Six), Confirmed, Soon);
        Store.Create(new HandleKey("net.c1"), BlockHandle.Of(First, 1).With(Six, 2), Soon);
        Store.Create(new SettingsKey(), new BlockSettings { StrictAffinity = true, MaxBlocksPerHost = 3 }, Soon);
        var found = _server.Dump();
        Assert.Equal("""{"state":"confirmed","deleted":false}""", found["/calico/ipam/v2/host/node-a/ipv6/block/fd80:24e2:f998:72d6::-122"]);
        Assert.Equal("""{"block":{"10.0.0.0/26":1,"fd80:24e2:f998:72d6::/122":2},"deleted":false}""", found["/calico/ipam/v2/handle/net.c1"]);
        Assert.Equal("""{"strict_affinity":true,"auto_allocate_blocks":true,"maxBlocksPerHost":3}""", found["/calico/ipam/v2/config"]);
        var block = found["/calico/ipam/v2/assignment/ipv4/block/10.0.0.0-26"];
        Assert.StartsWith("""{"cidr":"10.0.0.0/26","affinity":"host:node-a","allocations":[0,null,""", block, StringComparison.Ordinal);
        Assert.EndsWith(
            """
            "attributes":[{"handle_id":"net.c1","secondary":{"node":"node-a","pod":"p\u003c1\u003e\u0026"}}],"sequenceNumber":1782900000000000001,"sequenceNumberForAllocation":{"0":1782900000000000000},"deleted":false}
            """, block, StringComparison.Ordinal);
        Assert.Equal(4, found.Count);
    }

    [Fact]
    public void What_etcdctl_wrote_is_read()
    {
        _server.Put("/calico/ipam/v2/host/node-a/ipv4/block/10.0.0.0-26", "");
        _server.Put("/calico/ipam/v2/host/node-a/ipv4/block/what-is-this", "{}");
        _server.Put("/calico/resources/v3/projectcalico.org/ippools/default", """{"kind":"IPPool","apiVersion":"projectcalico.org/v3","metadata":{"name":"default","uid":"u"},"spec":{"cidr":"10.0.0.0/16","newThing":[1, 2]}}""");
        var answers = Store.Read([new AffinitiesOf(BlockOwner.Host("node-a")), new AllPools()], Soon);
        Assert.Equal(AffinityState.Confirmed, Assert.Single(answers[0]).As<BlockAffinity>().State);
        var pool = Assert.Single(answers[1]);
        Assert.Equal((26, "all()"), (pool.As<IpPool>().BlockSize, pool.As<IpPool>().NodeSelector));
        Store.Update(pool, pool.As<IpPool>() with { Disabled = true }, Soon);
        Assert.Contains("\"newThing\":[1, 2]", _server.Dump()["/calico/resources/v3/projectcalico.org/ippools/default"], StringComparison.Ordinal);
    }

    [Fact]
    public void Each_call_is_one_round_trip_on_one_connection()
    {
        var entry = Store.Create(new HandleKey("net.c1"), BlockHandle.Of(First, 1), Soon);
        Store.Read([new AllPools(), new AllReservations(), new SettingsKey(), new NodeKey("a"), new AffinitiesOf(BlockOwner.Host("a"), IsV6: false)], Soon);
        Store.Delete(Store.Update(entry, BlockHandle.Of(First, 2), Soon), Soon);
        Assert.Equal(4, _store.RoundTrips);
        var connections = Tool.Run("ss", "-Htnp", "state", "established", $"( dport = :{_server.Port} )");
        Assert.Single(connections.Split('\n'), line => line.Contains($"pid={Environment.ProcessId},", StringComparison.Ordinal)); // etcd's gateway calls etcd, too
    }

    [Fact]
    public void Long_lists_come_page_by_page()
    {
        for (var i = 0; i < 2001; i += 100)
            _server.PutAll(Enumerable.Range(i, Math.Min(100, 2001 - i)).Select(n => ($"/calico/ipam/v2/handle/net.c{n:0000}", """{"block":{},"deleted":false}""")));
        var before = _store.RoundTrips;
        var answers = Store.Read([new AllHandles(), new SettingsKey()], Soon);
        Assert.Equal(Enumerable.Range(0, 2001).Select(n => $"net.c{n:0000}"), answers[0].Select(entry => ((HandleKey)entry.Key).Id));
        Assert.Empty(answers[1]);
        Assert.Equal(3, _store.RoundTrips - before);
    }

    [Fact]
    public void A_revision_that_etcd_has_compacted_away_still_compares()
    {
        var first = Store.Create(new HandleKey("net.c1"), BlockHandle.Of(First, 1), Soon);
        var second = Store.Update(first, BlockHandle.Of(First, 2), Soon);
        _server.Put("/other", "x");
        _server.Ctl("compact", (long.Parse(second.Revision) + 1).ToString());
        Assert.Equal(DatastoreFailure.RevisionConflict, FailureOf(() => Store.Update(first, BlockHandle.Of(First, 3), Soon)));
        Store.Update(second, BlockHandle.Of(First, 3), Soon);
    }

    public void Dispose() => _store.Dispose();

    private protected override Client Another() => new(new EtcdDatastore(_server.Settings));

    private protected override void Corrupt(Key key, string text) => _server.Put(EtcdPath.Of(key), text);
}
