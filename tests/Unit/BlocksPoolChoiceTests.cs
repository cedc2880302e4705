using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Unit;

/// <summary>Out of which pools' blocks an assignment is served, and what becomes of blocks whose pool is not for the node any more; the cases are upstream's own.</summary>
public sealed class BlocksPoolChoiceTests
{
    [Theory]
    [InlineData("192.168.3.0/24", PoolUse.Workload, null)]
    [InlineData("192.168.2.0/24", PoolUse.Workload, "192.168.2.")]
    [InlineData("", PoolUse.Workload, "192.168.2.")]
    [InlineData("192.168.3.0/24", PoolUse.Tunnel, "192.168.3.")]
    public void A_pool_is_used_for_what_it_allows(string requested, string use, string? prefix)
    {
        var lab = new BlocksLab();
        lab.AddPool("192.168.2.0/24 32", pool => pool with { AllowedUses = [PoolUse.Workload] });
        lab.AddPool("192.168.3.0/24 32", pool => pool with { AllowedUses = [PoolUse.Tunnel] });
        var outcome = lab.Auto("test-host", change: r => r with { Use = use, Pools4 = requested.Length == 0 ? [] : [Cidr.Parse(requested)] });
        if (prefix is null)
            Assert.Contains("cannot find a qualified ippool", outcome.Error!.Message, StringComparison.Ordinal);
        else
            Assert.StartsWith(prefix, Assert.Single(outcome.V4.Addresses).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_pools_are_used_to_their_end()
    {
        var lab = new BlocksLab("10.0.0.0/24 26", "20.0.0.0/24 26");
        Assert.Single(lab.Take("n"));
        Assert.Equal(300, lab.Take("n", 300).Count);
        var last = lab.Auto("n", 300);
        Assert.Equal(211, last.V4.Addresses.Count);
        Assert.Equal("Assigned 211 out of 300 requested IPv4 addresses; No IPs available in pools: [10.0.0.0/24 20.0.0.0/24]", last.V4.Shortfall);
    }

    [Fact]
    public void A_requested_pool_is_the_only_one_used()
    {
        var lab = new BlocksLab("10.0.0.0/24 26", "20.0.0.0/24 26");
        IpAddress From(string pool) => lab.Take("host-a", change: r => r with { Pools4 = [Cidr.Parse(pool)] })[0];
        var (a, b) = (From("10.0.0.0/24"), From("20.0.0.0/24"));
        Assert.True(Cidr.Parse("10.0.0.0/24").Contains(a) && Cidr.Parse("20.0.0.0/24").Contains(b));
        Assert.Equal(new Cidr(a, 26).Network, new Cidr(From("10.0.0.0/24"), 26).Network);
        Assert.Equal(new Cidr(b, 26).Network, new Cidr(From("20.0.0.0/24"), 26).Network);
        var rest = lab.Auto("host-a", 255, change: r => r with { Pools4 = [Cidr.Parse("20.0.0.0/24")] });
        Assert.Equal(254, rest.V4.Addresses.Count);
        Assert.All(rest.V4.Addresses, x => Assert.True(Cidr.Parse("20.0.0.0/24").Contains(x.Address)));
        Assert.Equal([Cidr.Parse("20.0.0.0/24")], rest.V4.ExhaustedPools);
        Assert.Null(rest.Error);
    }

    [Fact]
    public void A_node_gets_addresses_of_pools_that_select_it()
    {
        var lab = new BlocksLab();
        lab.AddPool("10.0.0.0/24 26", p => p with { NodeSelector = "foo == \"bar\"" });
        lab.AddPool("20.0.0.0/24 26", p => p with { NodeSelector = "foo != \"bar\"" });
        lab.AddNode("n", ("foo", "bar"));
        var outcome = lab.Auto("n", 300);
        Assert.Equal(256, outcome.V4.Addresses.Count);
        Assert.All(outcome.V4.Addresses, x => Assert.True(Cidr.Parse("10.0.0.0/24").Contains(x.Address)));
    }

    [Theory]
    [InlineData("10.0.0.0/24 30.0.0.0/24", "the given pool (30.0.0.0/24) does not exist, or is not enabled")]
    [InlineData("10.0.0.0/24 40.0.0.0/24", "the given pool (40.0.0.0/24) does not exist, or is not enabled")]
    [InlineData("fd80:24e2:f998:72d6::/120", "provided IPv4 IPPools list contains one or more IPv6 IPPools")]
    public void A_requested_pool_that_cannot_be_used_is_an_error(string requested, string error)
    {
        var lab = new BlocksLab("10.0.0.0/24", "20.0.0.0/24", "fd80:24e2:f998:72d6::/120");
        lab.AddPool("30.0.0.0/24", p => p with { Disabled = true });
        var outcome = lab.Auto("n", change: r => r with { Pools4 = requested.Split(' ').Select(Cidr.Parse).ToList() });
        Assert.Equal(error, outcome.Error!.Message);
        Assert.Empty(outcome.Addresses);
        Assert.DoesNotContain(lab.Store.Contents.Keys, k => k.Contains("/ipam/", StringComparison.Ordinal));
    }

    [Fact]
    public void Requested_pools_are_used_in_the_requests_order()
    {
        var lab = new BlocksLab("10.0.0.0/24", "20.0.0.0/24");
        var address = lab.Take("n", change: r => r with { Pools4 = [Cidr.Parse("20.0.0.0/24"), Cidr.Parse("10.0.0.0/24")] })[0];
        Assert.True(Cidr.Parse("20.0.0.0/24").Contains(address));
    }

    [Theory]
    [InlineData("foo == 'x'", true)]
    [InlineData("all()", false)]
    public void An_empty_block_of_a_pool_that_is_not_for_the_node_any_more_goes(string selector, bool goes)
    {
        var lab = new BlocksLab("10.0.0.0/24 26", "20.0.0.0/24 26");
        lab.Take("host-a", change: r => r with { Pools4 = [Cidr.Parse("10.0.0.0/24")] });
        Assert.True(lab.Ipam.ReleaseByHandle("h", BlocksLab.Soon));
        lab.ChangePool("10.0.0.0-24", p => p with { NodeSelector = selector });
        var address = lab.Take("host-a", change: r => r with { Pools4 = [Cidr.Parse("20.0.0.0/24")] })[0];
        Assert.True(Cidr.Parse("20.0.0.0/24").Contains(address));
        Assert.Equal(goes ? 1 : 2, lab.Affinities("host-a").Count);
        Assert.Equal(goes ? 1 : 2, lab.Blocks().Count);
    }

    [Fact]
    public void A_pool_that_went_is_not_used_any_more()
    {
        var lab = new BlocksLab("10.0.0.0/24");
        lab.Take("n");
        lab.DeletePool("10.0.0.0-24");
        lab.AddPool("11.0.0.0/24");
        Assert.True(Cidr.Parse("11.0.0.0/24").Contains(lab.Take("n")[0]));
    }
}
