using System.Text;
using CniPlugins.Ipam.Blocks.EtcdForm;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Tests.Unit;

/// <summary>Where objects are kept, and how they look there, as Calico's other readers expect it.</summary>
public sealed class BlocksKeyTests
{
    [Fact]
    public void Keys_are_Calicos_and_read_back()
    {
        Check(new BlockKey(Cidr.Parse("10.0.0.0/26")), "/calico/ipam/v2/assignment/ipv4/block/10.0.0.0-26");
        Check(new BlockKey(Cidr.Parse("fd80:24e2:f998:72d6::40/122")), "/calico/ipam/v2/assignment/ipv6/block/fd80:24e2:f998:72d6::40-122");
        Check(new AffinityKey(BlockOwner.Host("node-a"), Cidr.Parse("10.0.0.0/26")), "/calico/ipam/v2/host/node-a/ipv4/block/10.0.0.0-26");
        Check(new AffinityKey(new BlockOwner(AffinityType.Virtual, "load-balancer"), Cidr.Parse("10.0.0.0/26")), "/calico/ipam/v2/virtual/load-balancer/ipv4/block/10.0.0.0-26");
        Check(new HandleKey("k8s-pod-network.abc"), "/calico/ipam/v2/handle/k8s-pod-network.abc");
        Check(new SettingsKey(), "/calico/ipam/v2/config");
        Check(new PoolKey("default-ipv4-ippool"), "/calico/resources/v3/projectcalico.org/ippools/default-ipv4-ippool");
        Check(new ReservationKey("r"), "/calico/resources/v3/projectcalico.org/ipreservations/r");
        Check(new NodeKey("node-a"), "/calico/resources/v3/projectcalico.org/nodes/node-a");
        Assert.Equal("/calico/ipam/v2/assignment/ipv4/block/10.0.0.0-26", EtcdPath.Of(new BlockKey(Cidr.Parse("10.0.0.5/26"))));
    }

    [Fact]
    public void Scopes_are_prefixes()
    {
        Assert.Equal("/calico/ipam/v2/host/node-a/ipv4/block/", EtcdPath.PrefixOf(new AffinitiesOf(BlockOwner.Host("node-a"), IsV6: false)));
        Assert.Equal("/calico/ipam/v2/host/node-a/", EtcdPath.PrefixOf(new AffinitiesOf(BlockOwner.Host("node-a"))));
        Assert.Equal("/calico/ipam/v2/host/", EtcdPath.PrefixOf(new AllAffinities()));
        Assert.Equal("/calico/ipam/v2/assignment/", EtcdPath.PrefixOf(new AllBlocks()));
    }

    [Theory]
    [InlineData("/calico/ipam/v2/host/node-a")]
    [InlineData("/calico/ipam/v2/host/node-a/ipv4/block/10.0.0.0")]
    [InlineData("/calico/ipam/v2/assignment/ipv4/block/nonsense-26")]
    [InlineData("/calico/ipam/v2/handle/")]
    [InlineData("/calico/resources/v3/projectcalico.org/workloadendpoints/x")]
    [InlineData("/registry/pods")]
    public void Paths_of_others_are_nobodys(string path) => Assert.Null(EtcdPath.Parse(path));

    [Fact]
    public void A_block_is_written_as_Calico_writes_it()
    {
        const string Json = """
            {"cidr":"10.0.0.0/30","affinity":"host:node-a","affinity_claim_time":"2026-07-01T10:00:00Z","allocations":[0,null,null,null],"unallocated":[1,2,3],"attributes":[{"handle_id":"k8s-pod-network.cid","secondary":{"namespace":"default","node":"node-a","pod":"p","timestamp":"2026-07-01 10:00:00.000000001 +0000 UTC"}}],"sequenceNumber":1782900000000000001,"sequenceNumberForAllocation":{"0":1782900000000000000},"deleted":false}
            """;
        RoundTrip(new BlockKey(Cidr.Parse("10.0.0.0/30")), Json);
    }

    [Fact]
    public void What_is_not_known_here_survives()
    {
        RoundTrip(new BlockKey(Cidr.Parse("10.0.0.0/31")),
            """{"cidr":"10.0.0.0/31","affinity":null,"allocations":[0,null],"unallocated":[1],"attributes":[{"handle_id":"h","releasedAt":"2026-07-01T10:00:00Z","newer":{"a":[1,2.50]}}],"sequenceNumber":18446744073709551615,"sequenceNumberForAllocation":{"0":5},"deleted":false,"strictAffinity":false}""");
        RoundTrip(new SettingsKey(), """{"strict_affinity":true,"auto_allocate_blocks":true,"maxBlocksPerHost":4,"kubeVirtVMAddressPersistence":"Disabled","ipCooldownSeconds":30,"future":1e3}""");
        RoundTrip(new SettingsKey(), "{}");
        RoundTrip(new HandleKey("h"), """{"block":{"10.0.0.0/26":1,"10.0.0.64/26":2},"deleted":false}""");
        RoundTrip(new AffinityKey(BlockOwner.Host("n"), Cidr.Parse("10.0.0.0/26")), """{"state":"pendingDeletion","deleted":false,"x":"y"}""");
        RoundTrip(new NodeKey("n"), """{"kind":"Node","apiVersion":"projectcalico.org/v3","metadata":{"name":"n","uid":"u","creationTimestamp":"2026-07-01T10:00:00Z","labels":{"a":"b"},"annotations":{"x":"<y>"}},"spec":{"bgp":{"ipv4Address":"10.0.0.1/24"}},"status":{}}""");
        RoundTrip(new PoolKey("p"), """{"kind":"IPPool","apiVersion":"projectcalico.org/v3","metadata":{"name":"p","uid":"u","creationTimestamp":"2026-07-01T10:00:00Z"},"spec":{"cidr":"10.0.0.0/16","vxlanMode":"Never","ipipMode":"Always","natOutgoing":true,"disabled":true,"blockSize":28,"nodeSelector":"all()","allowedUses":["Tunnel"],"assignmentMode":"Manual","awsSubnetID":"s"},"status":{"conditions":[]}}""");
    }

    [Fact]
    public void Old_forms_are_understood()
    {
        var key = new BlockKey(Cidr.Parse("10.0.0.0/31"));
        var block = Assert.IsType<Block>(Read(key, """{"cidr":"10.0.0.0/31","hostAffinity":"n","allocations":[null,null],"unallocated":[0,1],"attributes":null}"""));
        Assert.Equal(("host:n", 0UL, 0), (block.Affinity, block.SequenceNumber, block.Attributes.Count));
        var affinity = new AffinityKey(BlockOwner.Host("n"), Cidr.Parse("10.0.0.0/26"));
        Assert.Equal(new BlockAffinity(AffinityState.Confirmed, IsLegacy: true), Read(affinity, ""));
        Assert.Equal(AffinityState.Confirmed, Assert.IsType<BlockAffinity>(Read(affinity, """{"state":""}""")).State);
        var settings = Assert.IsType<BlockSettings>(Read(new SettingsKey(), "{}"));
        Assert.Equal((false, false), (settings.StrictAffinity, settings.AutoAllocateBlocks));
        var pool = Assert.IsType<IpPool>(Read(new PoolKey("p"), """{"spec":{"cidr":"fd00::/64"}}"""));
        Assert.Equal((122, "all()", true, 2), (pool.BlockSize, pool.NodeSelector, pool.IsEnabled, pool.AllowedUses.Count));
        Assert.False(Assert.IsType<IpPool>(Read(new PoolKey("p"),
            """{"metadata":{},"spec":{"cidr":"fd00::/64"},"status":{"conditions":[{"type":"Allocatable","status":"False"}]}}""")).IsEnabled);
        Assert.False(Assert.IsType<IpPool>(Read(new PoolKey("p"), """{"metadata":{"deletionTimestamp":"2026-07-01T10:00:00Z"},"spec":{"cidr":"fd00::/64"}}""")).IsEnabled);
    }

    [Theory]
    [InlineData("", "unexpected end of JSON input")]
    [InlineData("{", "unexpected end of JSON input")]
    [InlineData("[]", "the document is an object")]
    [InlineData("""{"cidr":"10.0.0.0/31","allocations":[null],"unallocated":[0]}""", "allocations has 1 entries")]
    [InlineData("""{"cidr":"10.0.0.4/31","allocations":[null,null],"unallocated":[0,1]}""", "not its key's")]
    [InlineData("""{"cidr":"10.0.0.0/31","allocations":[0,null],"unallocated":[1]}""", "ordinal 0 has attributes 0")]
    [InlineData("""{"cidr":"10.0.0.0/31","allocations":[null,null],"unallocated":[1,1]}""", "there twice")]
    [InlineData("""{"cidr":"10.0.0.0/31","allocations":[null,null],"unallocated":[1]}""", "2 ordinals have no allocation")]
    [InlineData("""{"cidr":"10.0.0.0/31","allocations":[null,null],"unallocated":[0,7]}""", "ordinal 7")]
    [InlineData("""{"cidr":"10.0.0.0/31","allocations":["x",null],"unallocated":[1]}""", "not an index")]
    [InlineData("""{"cidr":"\ud800","allocations":[null,null],"unallocated":[0,1]}""", "")]
    public void What_makes_no_sense_says_why(string json, string why) =>
        Assert.Contains(why.Replace("an object", "an array", StringComparison.Ordinal),
            Assert.IsType<Unreadable>(Read(new BlockKey(Cidr.Parse("10.0.0.0/31")), json)).Why, StringComparison.Ordinal);

    private static void Check(Key key, string path)
    {
        Assert.Equal(path, EtcdPath.Of(key));
        Assert.Equal(key, EtcdPath.Parse(path));
    }

    private static void RoundTrip(Key key, string json) => Assert.Equal(json.Trim(), Encoding.UTF8.GetString(EtcdJson.Write(Read(key, json))));

    private static Resource Read(Key key, string json) => EtcdJson.Read(key, Encoding.UTF8.GetBytes(json));
}
