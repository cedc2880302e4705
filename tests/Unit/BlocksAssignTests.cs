using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Unit;

/// <summary>Addresses out of own, claimed and borrowed blocks; the cases are upstream's own.</summary>
public sealed class BlocksAssignTests
{
    private const string V6Pool = "fd80:24e2:f998:72d6::/120";

    [Theory]
    [InlineData("192.168.1.0/24 32", V6Pool + " 128", 0, 1, 1, 1, 1)]
    [InlineData("192.168.0.0/16 20", "fd80:24e2:f998:72d6::/110 116", 0, 1, 1, 1, 1)]
    [InlineData("192.168.1.0/24 26", V6Pool + " 122", 0, 1, 1, 1, 1)]
    [InlineData("192.168.1.0/24 26", V6Pool + " 122", 0, 256, 256, 256, 256)]
    [InlineData("192.168.1.0/24 30", V6Pool + " 126", 256, 256, 256, 256, 256)]
    [InlineData("192.168.1.0/24 26", V6Pool + " 122", 1, 256, 0, 64, 0)]
    [InlineData("192.168.1.0/24 26", V6Pool + " 122", 2, 256, 0, 128, 0)]
    [InlineData("192.168.1.0/24 26", V6Pool + " 122", 1, 0, 256, 0, 64)]
    [InlineData("192.168.1.0/24 26", V6Pool + " 122", 0, 257, 0, 256, 0)]
    [InlineData("192.168.1.0/24 26", V6Pool + " 122", 0, 0, 257, 0, 256)]
    public void As_many_as_there_are_and_as_the_limit_allows(string v4, string v6, int limit, int want4, int want6, int got4, int got6)
    {
        var lab = new BlocksLab(v4, v6);
        var outcome = lab.Auto("test-host", want4, want6, change: r => r with { MaxBlocks = limit });
        Assert.Equal((got4, got6), (outcome.V4.Addresses.Count, outcome.V6.Addresses.Count));
        Assert.Equal(got4 + got6, outcome.Addresses.Select(a => a.Address).Distinct().Count());
        Assert.Equal((got4, got6), (Held(lab, false), Held(lab, true)));
        var (want, got, of) = want4 > got4 ? (want4, got4, outcome.V4) : (want6, got6, outcome.V6);
        if (want == got)
            Assert.Null(outcome.Error);
        else if (limit > 0)
        {
            Assert.Equal(IpamFailure.BlockLimit, Assert.IsType<IpamException>(outcome.Error).Failure);
            Assert.Equal([$"Need to allocate an IPAM block but could not - limit of {limit} blocks reached for this node"], of.Messages);
        }
        else
        {
            Assert.Null(outcome.Error);
            Assert.Equal($"Assigned {got} out of {want} requested IPv{(want4 > 0 ? 4 : 6)} addresses; No IPs available in pools: [{(want4 > 0 ? v4 : v6).Split(' ')[0]}]", of.Shortfall);
        }

        lab.NothingIsHeldTwice();
    }

    [Fact]
    public void The_last_address_is_borrowed()
    {
        var lab = new BlocksLab("10.0.0.0/25 26");
        var a = lab.Take("host-a", handle: "a")[0];
        var b = lab.Take("host-b", handle: "b")[0];
        var rest = lab.Take("host-a", 64, handle: "c");
        var own = new Cidr(a, 26).Network;
        Assert.False(own.Contains(b));
        Assert.Equal(63, rest.Count(own.Contains));
        Assert.Single(rest, new Cidr(b, 26).Network.Contains);
        Assert.Single(lab.Ipam.Check(BlocksLab.Soon).Holders, h => h.BlockAffinity == "host:host-b" && h.Holder.HandleId == "c");
        lab.NothingIsHeldTwice();
    }

    [Fact]
    public void Strict_affinity_borrows_nothing()
    {
        var lab = new BlocksLab("192.168.1.0/26", "192.168.1.64/26");
        lab.Settings(strict: true);
        var outcome = lab.Auto("test-host", 256, change: r => r with { Pools4 = [Cidr.Parse("192.168.1.0/26")] });
        Assert.Equal(64, outcome.V4.Addresses.Count);
        Assert.Equal("Assigned 64 out of 256 requested IPv4 addresses; No more free affine blocks and strict affinity enabled", outcome.V4.Shortfall);
    }

    [Fact]
    public void The_clusters_block_limit_counts()
    {
        var lab = new BlocksLab("10.0.0.0/28 30");
        lab.Settings(strict: true, maxBlocks: 2);
        Assert.Equal(8, lab.Take("host-a", 8).Count);
        Assert.Equal("cannot allocate new block due to per host block limit", lab.Auto("host-a").Error!.Message);
    }

    [Fact]
    public void Without_automatic_blocks_only_own_ones_are_used()
    {
        var lab = new BlocksLab("10.0.0.0/24 30");
        lab.Settings(strict: true, auto: false);
        Assert.Equal("failed to find or claim a block", lab.Auto("host-a").Error!.Message);
        lab.Claim("10.0.0.0/30", "host-a");
        Assert.Equal(4, lab.Take("host-a", 4).Count);
        Assert.Equal("failed to find or claim a block", lab.Auto("host-a").Error!.Message);
    }

    [Fact]
    public void Reserved_addresses_are_not_given_out_unasked()
    {
        var lab = new BlocksLab("10.0.0.0/26");
        lab.Reserve("10.0.0.1/32", "10.0.0.32/30", "11.0.0.0/30", "10.0.0.17/32");
        var got = lab.Auto("n", 64).V4.Addresses;
        Assert.Equal(58, got.Count);
        Assert.DoesNotContain(got, a => a.Address.ToString() is "10.0.0.1" or "10.0.0.17" or "10.0.0.33");
        Assert.Equal("10.0.0.1/32", lab.Ipam.Assign(new ExactRequest(IpAddress.Parse("10.0.0.1"), "n", "h2"), BlocksLab.Soon).ToString());
    }

    [Fact]
    public void A_Windows_nodes_ordinals_are_left_out()
    {
        var reserved = new ReservedOrdinals(3, 1, new Attribution(Attribution.WindowsReserved, new Dictionary<string, string> { ["note"] = "windows host rsvd" }));
        var lab = new BlocksLab("192.168.1.0/24 26");
        lab.Settings(strict: true);
        var outcome = lab.Auto("n", 256, change: r => r with { Reserved = reserved });
        Assert.Equal(240, outcome.V4.Addresses.Count);
        Assert.DoesNotContain(outcome.V4.Addresses, a => (int)(a.Address.Value & 63) is < 3 or 63);
        Assert.EndsWith("; HostReservedAttr: windows-reserved-ipam-handle", outcome.V4.Shortfall, StringComparison.Ordinal);
        var small = new BlocksLab("10.0.0.0/28 30").Auto("n", change: r => r with { Reserved = reserved });
        Assert.Contains("cannot find a qualified ippool", small.Error!.Message, StringComparison.Ordinal);
        var both = new BlocksLab("10.0.0.0/26");
        both.Reserve("10.0.0.1/32", "10.0.0.32/30", "10.0.0.17/32");
        Assert.Equal(55, both.Auto("n", 64, change: r => r with { Reserved = reserved }).V4.Addresses.Count);
    }

    [Fact]
    public void A_long_host_name_is_a_name_like_any_other()
    {
        var lab = new BlocksLab("10.0.0.0/24", V6Pool);
        var host = string.Concat(Enumerable.Repeat("long--hostna", 21));
        Assert.Equal(2, lab.Auto(host, 1, 1).Addresses.Count);
        lab.Take(host + "x");
        Assert.Equal(2, lab.Affinities(host).Count);
    }

    [Fact]
    public void A_node_that_is_not_known_is_an_error_unless_it_may_be_missing()
    {
        var lab = new BlocksLab("10.0.0.0/24");
        var request = new AssignRequest("ghost", "h") { Count4 = 1 };
        Assert.Equal(IpamFailure.NoNode, Assert.IsType<IpamException>(lab.Ipam.AutoAssign(request, BlocksLab.Soon).Error).Failure);
        Assert.Single(lab.Ipam.AutoAssign(request with { NodeMayBeMissing = true }, BlocksLab.Soon).Addresses);
    }

    [Fact]
    public void Addresses_rest_as_long_as_possible()
    {
        var lab = new BlocksLab("10.0.0.0/24 30");
        var seen = new List<IpAddress>();
        for (var i = 0; i < 5; i++)
        {
            seen.Add(lab.Take("n")[0]);
            lab.Ipam.ReleaseByHandle("h", BlocksLab.Soon);
        }

        Assert.Equal(4, seen.Take(4).Distinct().Count());
        Assert.Equal(seen[0], seen[4]);
    }

    [Fact]
    public void An_empty_block_that_is_old_enough_is_taken_from_its_owner()
    {
        var lab = new BlocksLab("10.0.0.0/26");
        lab.Settings(strict: true);
        lab.Take("a");
        Assert.Empty(lab.Auto("b").Addresses);
        lab.Ipam.ReleaseByHandle("h", BlocksLab.Soon);
        var young = lab.Auto("b");
        Assert.Null(young.Error);
        Assert.Empty(young.Addresses);
        lab.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Single(lab.Auto("b").Addresses);
        Assert.Empty(lab.Affinities("a"));
        lab.NothingIsHeldTwice();
    }

    [Fact]
    public void A_handle_that_may_hold_one_address_keeps_it()
    {
        var lab = new BlocksLab("10.0.0.0/26");
        var first = lab.Take("n", change: r => r with { MaxPerFamily = 1 })[0];
        var again = lab.Auto("n", change: r => r with { MaxPerFamily = 1 });
        Assert.Equal(Cidr.Host(first), Assert.Single(again.Addresses));
        Assert.Equal(1, Held(lab, false));
        lab.NothingIsHeldTwice();
    }

    [Fact]
    public void A_warm_assignment_takes_four_round_trips_and_a_cold_one_seven()
    {
        var lab = new BlocksLab("10.0.0.0/16", V6Pool);
        lab.AddNode("n");
        Assert.Equal(7, Trips(lab, () => lab.Ipam.AutoAssign(new AssignRequest("n", "h1") { Count4 = 1 }, BlocksLab.Soon)));
        Assert.Equal(4, Trips(lab, () => lab.Ipam.AutoAssign(new AssignRequest("n", "h2") { Count4 = 1 }, BlocksLab.Soon)));
        Assert.Equal(4, Trips(lab, () => lab.Ipam.ReleaseByHandle("h1", BlocksLab.Soon)));
        Assert.Equal(5, Trips(lab, () => lab.Ipam.ReleaseByHandle("h2", BlocksLab.Soon))); // the block is empty: is it still for this node?
    }

    [Theory]
    [InlineData("No more free affine blocks and strict affinity enabled", "", null, "Assigned 0 out of 1 requested IPv4 addresses; No more free affine blocks and strict affinity enabled")]
    [InlineData("", "192.168.0.0/24 192.168.1.0/24", null, "Assigned 0 out of 1 requested IPv4 addresses; No IPs available in pools: [192.168.0.0/24 192.168.1.0/24]")]
    [InlineData("", "", "windows-reserved-ipam-handle", "Assigned 0 out of 1 requested IPv4 addresses; HostReservedAttr: windows-reserved-ipam-handle")]
    [InlineData("limit", "192.168.0.0/24", "r", "Assigned 0 out of 1 requested IPv4 addresses; limit; No IPs available in pools: [192.168.0.0/24]; HostReservedAttr: r")]
    public void What_is_missing_is_said_in_upstreams_words(string message, string pools, string? reserved, string text)
    {
        var outcome = new FamilyOutcome(isV6: false, 1) { ReservedHandle = reserved };
        if (message.Length > 0)
            outcome.Messages.Add(message);
        outcome.ExhaustedPools.AddRange(pools.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Cidr.Parse));
        Assert.Equal(text, outcome.Shortfall);
        outcome.Addresses.Add(Cidr.Parse("10.0.0.1/26"));
        Assert.Null(outcome.Shortfall);
    }

    private static int Trips(BlocksLab lab, Action action)
    {
        var before = lab.Store.RoundTrips;
        action();
        return lab.Store.RoundTrips - before;
    }

    private static int Held(BlocksLab lab, bool isV6) => lab.Ipam.Check(BlocksLab.Soon).Holders.Count(h => h.Address.IsV6 == isV6);
}
