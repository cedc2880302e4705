using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Inspection;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Unit;

/// <summary>Single addresses by name, taking back, and what operators do with whole blocks.</summary>
public sealed class BlocksReleaseTests
{
    [Fact]
    public void One_address_can_be_asked_for_by_name()
    {
        var lab = new BlocksLab("192.168.1.0/24", "fd80:24e2:f998:72d6::/120");
        Assert.Equal("192.168.1.0/32", Exact(lab, "192.168.1.0").ToString());
        Assert.Equal("fd80:24e2:f998:72d6::/128", Exact(lab, "fd80:24e2:f998:72d6::").ToString());
        Assert.Equal("The provided IP address is not in a configured pool\n", Assert.Throws<IpamException>(() => Exact(lab, "1.1.1.1")).Message);
        var again = Assert.Throws<IpamException>(() => Exact(lab, "192.168.1.0"));
        Assert.Equal((IpamFailure.AlreadyAssigned, "Address already assigned in block"), (again.Failure, again.Message));
        Assert.Contains("held by handle h", again.Details, StringComparison.Ordinal);
        Assert.Equal(2, lab.Ipam.AddressesOf("h", BlocksLab.Soon).Count);
        lab.NothingIsHeldTwice();
    }

    [Fact]
    public void One_address_by_name_respects_the_pools_use_and_strict_affinity()
    {
        var lab = new BlocksLab("20.0.0.0/24");
        lab.AddPool("10.0.0.0/24", p => p with { AllowedUses = [PoolUse.Workload] });
        Assert.Contains("not allowed for use", Assert.Throws<IpamException>(() => Exact(lab, "10.0.0.1", use: PoolUse.Tunnel)).Message, StringComparison.Ordinal);
        Exact(lab, "10.0.0.2", use: PoolUse.Workload);
        Exact(lab, "10.0.0.3");
        lab.Settings(strict: true);
        Assert.Equal(IpamFailure.NotOwnBlock, Assert.Throws<IpamException>(() => Exact(lab, "10.0.0.4", host: "other")).Failure);
        lab.Settings();
        Exact(lab, "10.0.0.4", host: "other");
        Assert.True(lab.Ipam.HolderOf(IpAddress.Parse("10.0.0.4"), BlocksLab.Soon) is { BlockAffinity: "host:n" });
    }

    [Fact]
    public void A_handle_that_may_hold_one_address_may_ask_for_it_again()
    {
        var lab = new BlocksLab("10.0.0.0/24");
        var request = new ExactRequest(IpAddress.Parse("10.0.0.1"), "n", "h") { MaxPerFamily = 1 };
        Assert.Equal(lab.Ipam.Assign(request, BlocksLab.Soon), lab.Ipam.Assign(request, BlocksLab.Soon));
        Assert.Equal(IpamFailure.HandleLimit, Assert.Throws<IpamException>(() => lab.Ipam.Assign(request with { Address = IpAddress.Parse("10.0.0.2") }, BlocksLab.Soon)).Failure);
        lab.NothingIsHeldTwice();
    }

    [Theory]
    [InlineData("", "1.1.1.1", "1.1.1.1")]
    [InlineData("", "192.168.1.0", "192.168.1.0")]
    [InlineData("192.168.1.0", "192.168.1.0", "")]
    [InlineData("192.168.1.1", "192.168.1.0", "192.168.1.0")]
    [InlineData("192.168.1.0", "192.168.1.0 192.168.1.0 192.168.1.7", "192.168.1.7")]
    public void What_nobody_holds_is_told(string held, string released, string unallocated)
    {
        var lab = new BlocksLab("192.168.1.0/24");
        if (held.Length > 0)
            Exact(lab, held);
        var outcome = lab.Ipam.Release(released.Split(' ').Select(a => new ReleaseRequest(IpAddress.Parse(a))).ToList(), BlocksLab.Soon);
        Assert.Null(outcome.Error);
        Assert.Equal(unallocated, string.Join(' ', outcome.Unallocated));
        if (held == released)
            Assert.Empty(lab.Problems());
    }

    [Fact]
    public void Many_addresses_in_many_blocks_are_released_at_once()
    {
        var lab = new BlocksLab("10.0.0.0/22 30", "10.1.0.0/24 30", "fd80:24e2:f998:72d6::/120 126");
        var all = new List<IpAddress>();
        foreach (var node in new[] { "n1", "n2", "n3", "n4" })
        {
            all.AddRange(lab.Auto(node, 6, 6, "a-" + node).Addresses.Select(a => a.Address));
            all.AddRange(lab.Auto(node, 13, 0, "b-" + node).Addresses.Select(a => a.Address));
        }

        Assert.Equal(100, all.Distinct().Count());
        lab.ChangePool("10.0.0.0-22", p => p with { Disabled = true });
        var outcome = lab.Ipam.Release(all.Select(a => new ReleaseRequest(a)).ToList(), BlocksLab.Soon);
        Assert.Equal((0, 100), (outcome.Unallocated.Count, outcome.Released.Count));
        Assert.Empty(lab.Problems());
        Assert.DoesNotContain(lab.Store.Contents.Keys, k => k.Contains("/handle/", StringComparison.Ordinal));
    }

    [Fact]
    public void Another_handle_or_another_sequence_number_releases_nothing()
    {
        var lab = new BlocksLab("192.168.0.0/24 30");
        Exact(lab, "192.168.0.1");
        var holder = lab.Ipam.HolderOf(IpAddress.Parse("192.168.0.1"), BlocksLab.Soon)!;
        foreach (var wrong in new[] { new ReleaseRequest(holder.Address, "fakehandle"), new ReleaseRequest(holder.Address, "h", holder.SequenceNumber + 1) })
        {
            var outcome = lab.Ipam.Release([wrong], BlocksLab.Soon);
            Assert.Equal(IpamFailure.Conflict, Assert.IsType<IpamException>(outcome.Error).Failure);
            Assert.Empty(outcome.Released);
            Assert.Empty(outcome.Unallocated);
        }

        Assert.Null(lab.Ipam.Release([new ReleaseRequest(holder.Address, "h", holder.SequenceNumber)], BlocksLab.Soon).Error);
    }

    [Fact]
    public void A_sequence_number_grows_by_two_with_each_release_and_assignment()
    {
        var lab = new BlocksLab("10.0.0.0/24 30");
        var address = lab.Take("n")[0];
        var number = lab.Ipam.HolderOf(address, BlocksLab.Soon)!.SequenceNumber;
        for (var i = 0; i < 3; i++)
        {
            lab.Ipam.ReleaseByHandle("h", BlocksLab.Soon);
            Exact(lab, address.ToString());
            Assert.Equal(number += 2, lab.Ipam.HolderOf(address, BlocksLab.Soon)!.SequenceNumber);
        }

        lab.Ipam.Release([new ReleaseRequest(address)], BlocksLab.Soon);
        Assert.Equal(number + 2, lab.Ipam.HolderOf(lab.Take("n")[0], BlocksLab.Soon)!.SequenceNumber);
    }

    [Fact]
    public void A_handle_goes_with_all_it_holds()
    {
        var lab = new BlocksLab("10.0.0.0/24 30", "fd80:24e2:f998:72d6::/120");
        lab.Auto("n", 6, 2, "x");
        lab.Auto("n", 3, 1, "y");
        Assert.True(lab.Ipam.ReleaseByHandle("x", BlocksLab.Soon));
        Assert.False(lab.Ipam.ReleaseByHandle("x", BlocksLab.Soon));
        Assert.Empty(lab.Ipam.AddressesOf("x", BlocksLab.Soon));
        Assert.Equal(4, lab.Ipam.AddressesOf("y", BlocksLab.Soon).Count);
        Assert.Empty(lab.Problems());
    }

    [Fact]
    public void A_handle_that_counts_too_much_goes_too()
    {
        var lab = new BlocksLab("10.0.0.0/24 30");
        lab.Take("n", handle: "x");
        var handle = lab.Store.Find(new HandleKey("x"), BlocksLab.Soon)!;
        lab.Store.Update(handle, handle.As<BlockHandle>().With(lab.Blocks()[0].Cidr, 5).With(Cidr.Parse("10.0.0.252/30"), 1), BlocksLab.Soon);
        lab.Store.Create(new HandleKey("leaked"), BlockHandle.Of(lab.Blocks()[0].Cidr, 1), BlocksLab.Soon);
        Assert.Equal([ProblemKind.LeakedHandle, ProblemKind.OverCount], lab.Problems().Select(p => p.Kind).Order());
        Assert.True(lab.Ipam.ReleaseByHandle("x", BlocksLab.Soon));
        Assert.True(lab.Ipam.ReleaseByHandle("leaked", BlocksLab.Soon));
        Assert.Empty(lab.Problems());
    }

    [Fact]
    public void Networks_are_claimed_block_by_block()
    {
        var lab = new BlocksLab("192.168.1.0/24 26", "10.0.0.0/24 26");
        Assert.Equal((1, 0), lab.Claim("192.168.1.0/26", "host-a"));
        Exact(lab, "10.0.0.1", host: "other");
        Assert.Equal((3, 1), lab.Claim("10.0.0.0/24", "host-b"));
        Assert.Empty(lab.Ipam.ReleaseAffinitiesOf(BlockOwner.Host("host-b"), onlyIfEmpty: true, BlocksLab.Soon));
        Assert.Equal((4, 0), new BlocksLab("10.0.0.0/24 26").Claim("10.0.0.0/24", "host-a"));
        Assert.Equal((3, 1), lab.Claim("10.0.0.0/24", "host-a"));
        Assert.Equal((0, 4), lab.Claim("10.0.0.0/24", "host-b"));
        Assert.Empty(lab.Problems());
    }

    [Fact]
    public void A_host_and_something_else_of_the_same_name_are_two_owners()
    {
        var lab = new BlocksLab("10.0.0.0/25 26");
        var other = new BlockOwner(AffinityType.Virtual, "n");
        lab.Claim("10.0.0.0/26", other);
        Assert.Equal((1, 1), lab.Claim("10.0.0.0/25", "n"));
        Assert.Empty(lab.Ipam.ReleaseAffinitiesOf(BlockOwner.Host("n"), onlyIfEmpty: true, BlocksLab.Soon));
        Assert.Equal("virtual:n", Assert.Single(lab.Blocks()).Affinity);
        lab.Ipam.ReleasePoolAffinities(Cidr.Parse("10.0.0.0/25"), BlocksLab.Soon);
        Assert.Empty(lab.Blocks());
        Assert.Empty(lab.Problems());
    }

    [Fact]
    public void Releasing_a_hosts_blocks_leaves_addresses_in_blocks_without_owner()
    {
        var lab = new BlocksLab("10.0.0.0/24 30");
        lab.Take("a", 5);
        var kept = lab.Ipam.ReleaseAffinitiesOf(BlockOwner.Host("a"), onlyIfEmpty: true, BlocksLab.Soon);
        Assert.Equal(2, kept.Count);
        Assert.Empty(lab.Ipam.ReleaseAffinitiesOf(BlockOwner.Host("a"), onlyIfEmpty: false, BlocksLab.Soon));
        Assert.All(lab.Blocks(), b => Assert.Null(b.Affinity));
        Assert.Empty(lab.Affinities("a"));
        Assert.Empty(lab.Problems());
        lab.Ipam.ReleaseByHandle("h", BlocksLab.Soon);
        Assert.Empty(lab.Blocks()); // nobody's and empty: deleted
    }

    [Fact]
    public void An_empty_block_goes_at_release_when_its_pool_does_not_select_the_node_any_more()
    {
        var lab = new BlocksLab("10.0.0.0/24 30");
        lab.Take("a");
        lab.ChangePool("10.0.0.0-24", p => p with { NodeSelector = "!all()" });
        lab.Ipam.ReleaseByHandle("h", BlocksLab.Soon);
        Assert.Empty(lab.Blocks());
        Assert.Empty(lab.Affinities("a"));
    }

    [Fact]
    public void What_cannot_be_read_is_named_and_left_alone()
    {
        var lab = new BlocksLab("10.0.0.0/24 26");
        lab.Take("n", handle: "x");
        var path = lab.Store.Contents.Keys.Single(k => k.Contains("/assignment/", StringComparison.Ordinal));
        lab.Store.Put(path, "{\"cidr\":");
        Assert.Equal(DatastoreFailure.Corrupt, Assert.Throws<DatastoreException>(() => lab.Ipam.ReleaseByHandle("x", BlocksLab.Soon)).Failure);
        Assert.Single(lab.Take("n", handle: "y")); // another block does
        Assert.Equal("{\"cidr\":", lab.Store.Contents[path]);
        Assert.Contains(lab.Problems(), p => p.Kind == ProblemKind.Unreadable);
        lab.Store.Put("/calico/resources/v3/projectcalico.org/ippools/10.0.0.0-24", "nonsense");
        Assert.Contains("pool 10.0.0.0-24 in the datastore cannot be read", lab.Auto("n", handle: "z").Error!.Message, StringComparison.Ordinal);
        lab.Store.Put("/calico/ipam/v2/config", "nonsense");
        Assert.True(lab.Ipam.ReleaseByHandle("y", BlocksLab.Soon)); // needs neither pools nor settings
    }

    [Fact]
    public void Settings_that_contradict_themselves_are_refused()
    {
        var lab = new BlocksLab();
        Assert.Throws<IpamException>(() => lab.Ipam.ChangeSettings(s => s with { MaxBlocksPerHost = 3 }, BlocksLab.Soon));
        Assert.Throws<IpamException>(() => lab.Ipam.ChangeSettings(s => s with { AutoAllocateBlocks = false }, BlocksLab.Soon));
        lab.Ipam.ChangeSettings(s => s with { StrictAffinity = true, MaxBlocksPerHost = 3 }, BlocksLab.Soon);
        lab.Ipam.ChangeSettings(s => s with { CooldownSeconds = 30 }, BlocksLab.Soon);
        Assert.Equal((true, 3, 30), lab.Ipam.ReadSettings(BlocksLab.Soon) is var s ? (s.StrictAffinity, s.MaxBlocksPerHost, s.CooldownSeconds) : default);
    }

    private static Cidr Exact(BlocksLab lab, string address, string host = "n", string use = "") =>
        lab.Ipam.Assign(new ExactRequest(IpAddress.Parse(address), host, "h") { Use = use }, BlocksLab.Soon);
}
