using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.Blocks.Pools;
using CniPlugins.Net;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Unit;

/// <summary>Which pools a request may use, what a pool may be like, what reservations cover.</summary>
public sealed class BlocksPoolTests
{
    // Two pools, enabled or not, with selectors; what is requested; what is used. The node has foo=bar.
    [Theory]
    [InlineData(true, true, "", "", "", "P1 P2")]
    [InlineData(true, true, "", "", "P1", "P1")]
    [InlineData(true, true, "foo == \"bar\"", "foo != \"bar\"", "", "P1")]
    [InlineData(true, true, "foo == \"bar\"", "foo != \"bar\"", "P1", "P1")]
    [InlineData(true, true, "foo != \"bar\"", "all()", "", "P2")]
    [InlineData(true, true, "foo != \"bar\"", "", "P1", "P1")]
    [InlineData(true, true, "foo == \"bar\"", "", "P2", "P2")]
    [InlineData(false, true, "", "", "", "P2")]
    [InlineData(false, true, "", "", "P1", null)]
    [InlineData(false, true, "", "", "P2", "P2")]
    [InlineData(false, true, "", "foo == \"bar\"", "", "P2")]
    [InlineData(false, true, "", "foo == \"bar\"", "P2", "P2")]
    [InlineData(false, true, "", "foo != \"bar\"", "", null)]
    [InlineData(false, true, "", "foo != \"bar\"", "P2", "P2")]
    public void A_request_uses_the_pools_it_names_or_those_that_select_its_node(bool on1, bool on2, string selector1, string selector2, string requested, string? used)
    {
        foreach (var (cidr1, cidr2, isV6) in new[] { ("10.0.0.1/24", "20.0.0.0/24", false), ("5001:0:0:1a::/64", "5001:0:0:1b::/64", true) })
        {
            IpPool[] pools =
            [
                new IpPool(new Metadata("P1"), Cidr.Parse(cidr1)) { Disabled = !on1, NodeSelector = selector1 },
                new IpPool(new Metadata("P2"), Cidr.Parse(cidr2)) { Disabled = !on2, NodeSelector = selector2 },
            ];
            Cidr[] named = requested.Length == 0 ? [] : [pools.Single(p => p.Name == requested).Cidr];
            var request = new AssignRequest("n", "h") { Pools4 = isV6 ? [] : named, Pools6 = isV6 ? named : [] };
            var labels = new Dictionary<string, string> { ["foo"] = "bar" };
            if (used is null)
                Assert.Equal(IpamFailure.NoPool, Assert.Throws<IpamException>(() => PoolSelection.For(pools, request, labels, isV6)).Failure);
            else
                Assert.Equal(used, string.Join(' ', PoolSelection.For(pools, request, labels, isV6).Usable.Select(p => p.Name)));
        }
    }

    [Theory]
    [InlineData("", "", "", "", true)]
    [InlineData("environment == 'production'", "environment=production", "", "", true)]
    [InlineData("environment == 'production'", "environment=development", "", "", false)]
    [InlineData("environment == 'production'", "environment=production", "zone == 'us-west'", "zone=us-west", true)]
    [InlineData("environment == 'production'", "environment=development", "zone == 'us-west'", "zone=us-west", false)]
    [InlineData("environment == 'production'", "environment=production", "zone == 'us-west'", "zone=us-east", false)]
    [InlineData("environment == 'production' && tier == 'frontend'", "environment=production,tier=frontend", "", "", true)]
    [InlineData("environment == 'production' && tier == 'frontend'", "environment=production,tier=backend", "", "", false)]
    public void A_pool_can_select_namespaces_too(string selector, string labels, string nodeSelector, string nodeLabels, bool used)
    {
        IpPool[] pools = [new IpPool(new Metadata("p"), Cidr.Parse("10.0.0.0/24")) { NamespaceSelector = selector, NodeSelector = nodeSelector }];
        var request = new AssignRequest("n", "h") { NamespaceLabels = Labels(labels) };
        if (used)
            Assert.Single(PoolSelection.For(pools, request, Labels(nodeLabels), isV6: false).Usable);
        else
            Assert.Throws<IpamException>(() => PoolSelection.For(pools, request, Labels(nodeLabels), isV6: false));
    }

    [Theory]
    [InlineData("10.0.0.1/24", 26, "host bits")]
    [InlineData("10.0.0.0/24", 19, "blockSize 19")]
    [InlineData("10.0.0.0/24", 33, "blockSize 33")]
    [InlineData("fd00::/64", 115, "blockSize 115")]
    [InlineData("10.0.0.0/28", 26, "smaller than one block")]
    [InlineData("169.254.1.0/24", 26, "link-local")]
    [InlineData("fe80:1::/64", 122, "link-local")]
    [InlineData("192.168.0.0/20", 26, "overlaps with pool old")]
    [InlineData("192.168.4.0/24", 26, "overlaps with pool old")]
    [InlineData("10.0.0.0/24", 26, null)]
    public void A_pool_that_could_not_work_is_refused(string cidr, int size, string? why)
    {
        var old = new IpPool(new Metadata("old"), Cidr.Parse("192.168.0.0/16")) { Disabled = true };
        var fault = PoolRules.Fault(new IpPool(new Metadata("new"), Cidr.Parse(cidr)) { BlockSize = size }, [old]);
        if (why is null)
            Assert.Null(fault);
        else
            Assert.Contains(why, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Reservations_cover_what_they_say_together()
    {
        var filter = new ReservedRanges([" 192.168.1.64/26 ", "192.168.1.0/26", "", "nonsense"]);
        foreach (var address in new[] { "192.168.1.0", "192.168.1.63", "192.168.1.64", "192.168.1.127" })
            Assert.True(filter.Contains(IpAddress.Parse(address)));
        foreach (var cidr in new[] { "192.168.1.64/26", "192.168.1.0/26", "192.168.1.0/25", "192.168.1.64/27", "192.168.1.96/27" })
            Assert.True(filter.Covers(Cidr.Parse(cidr)), cidr);
        foreach (var cidr in new[] { "10.0.0.0/8", "0.0.0.0/32", "192.168.2.64/26", "192.168.1.0/24" })
            Assert.False(filter.Covers(Cidr.Parse(cidr)), cidr);
        Assert.True(new ReservedRanges(["::/0"]).Covers(Cidr.Parse("fd00::/8")));
        Assert.False(new ReservedRanges(["::/0"]).Contains(IpAddress.Parse("10.0.0.1")));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("0.0.0.0/0 10.0.0.0/8", "0.0.0.0/0")]
    [InlineData("::/0 f0f0::/16", "::/0")]
    [InlineData("10.0.0.0/24 10.0.0.0/25 10.0.0.128/25 11.0.0.0/8", "10.0.0.0/24 11.0.0.0/8")]
    [InlineData("10.0.0.0/24 10.0.0.0/25 10.0.0.128/25 11.0.0.0/24", "10.0.0.0/24 11.0.0.0/24")]
    [InlineData("10.0.0.0/24 10.0.0.0/25 11.0.0.0/25 10.0.0.0/25 10.0.0.128/25 11.0.0.0/8", "10.0.0.0/24 11.0.0.0/8")]
    public void Reservations_within_others_do_not_count_twice(string texts, string kept)
    {
        var expected = kept.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Cidr.Parse).ToList();
        var ranges = new ReservedRanges(texts.Split(' '));
        Assert.All(expected, cidr => Assert.True(ranges.Covers(cidr)));
        foreach (var all in new[] { "0.0.0.0/0", "::/0" }.Select(Cidr.Parse))
            Assert.Equal(expected.Where(cidr => cidr.Address.IsV6 == all.Address.IsV6).Select(cidr => cidr.Last.Value - cidr.First.Value + 1).Aggregate(UInt128.Zero, (sum, size) => sum + size), ranges.CountIn(all));
    }

    [Theory]
    [InlineData("10.0.0.32/30", 1, 4, 251, 1, 4, 59)]
    [InlineData("10.0.0.128/25", 1, 128, 127, 1, 0, 63)]
    [InlineData("10.0.0.5/32", 1, 1, 255, 1, 1, 63)]
    [InlineData("10.0.0.0/25 10.0.0.5/32 10.0.0.64/26", 1, 128, 128, 1, 64, 0)]
    public void Usage_counts_what_is_reserved_once(string reserved, int inUse, int kept, int available, int blockInUse, int blockKept, int blockAvailable)
    {
        var lab = new BlocksLab("10.0.0.0/24 26");
        lab.Ipam.Assign(new ExactRequest(IpAddress.Parse("10.0.0.5"), "n", "h"), BlocksLab.Soon);
        lab.Reserve(reserved.Split(' '));
        var pool = Assert.Single(lab.Ipam.ReadUsage(BlocksLab.Soon).Pools);
        Assert.Equal((256, inUse, kept, available), ((int)pool.Usage.Capacity, (int)pool.Usage.InUse, (int)pool.Usage.Reserved, (int)pool.Usage.Available));
        var block = Assert.Single(pool.Blocks).Usage;
        Assert.Equal((64, blockInUse, blockKept, blockAvailable), ((int)block.Capacity, (int)block.InUse, (int)block.Reserved, (int)block.Available));
    }

    private static Dictionary<string, string> Labels(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('=')).ToDictionary(l => l[0], l => l[1]);
}
