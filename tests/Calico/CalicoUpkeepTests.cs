using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Calico;

/// <summary>CHECK, GC and STATUS of calico-ipam, which upstream does not have.</summary>
public sealed class CalicoUpkeepTests
{
    [Theory]
    [InlineData("local")]
    [InlineData("etcdv3")]
    public void Check_notices_an_address_that_was_released_or_is_somebody_elses(string datastore)
    {
        using var lab = new CalicoLab(datastore);
        var added = lab.Call("ADD");
        lab.Check("c1", added).ShouldSucceed();
        lab.Call("CHECK").ShouldSucceed();
        Assert.Equal(0, lab.Tool("ipam", "release", "n", added.Addresses, "--yes").ExitCode);
        Assert.Equal("999: calico-ipam: n.c1 has no address", lab.Check("c1", added).Error);
        lab.Add(); // another address, the same container
        Assert.Equal($"999: calico-ipam: {added.Addresses} is not assigned to n.c1", lab.Check("c1", added).Error);
    }

    [Theory]
    [InlineData("local")]
    [InlineData("etcdv3")]
    public void Gc_releases_this_networks_and_this_nodes_addresses_that_are_not_valid_and_nothing_else(string datastore)
    {
        using var lab = new CalicoLab(datastore);
        var (one, two) = (lab.Add("c1"), lab.Add("c2"));
        lab.Network = "n.m"; // "n.m.c1" is not network n's container "m.c1"
        var dotted = lab.Add("c1");
        lab.Network = "other";
        var other = lab.Add("c1");
        (lab.Network, lab.Node) = ("n", "node2");
        var elsewhere = lab.Add("c3");
        lab.Node = "node1";
        Hold(lab, "10.1.0.200", "n.c9", new() { ["node"] = "node1", ["type"] = "ipipTunnelAddress" });
        Hold(lab, "10.1.0.201", "n.c9", new() { ["node"] = "node1", ["vmi-name"] = "vm" });
        Hold(lab, "10.1.0.202", "n.c9", new() { ["node"] = "node1", ["timestamp"] = "2020-01-01 00:00:00 +0000 UTC" });
        lab.Gc("c1").ShouldSucceed();
        var held = lab.Held.Split(' ').Order().ToList();
        Assert.Equal(new[] { $"{one}=n.c1", $"{dotted}=n.m.c1", $"{other}=other.c1", $"{elsewhere}=n.c3", "10.1.0.200=n.c9", "10.1.0.201=n.c9" }.Order(), held);
        Assert.DoesNotContain($"{two}=n.c2", held);
        lab.Call("GC").ShouldSucceed(); // without a list nothing is known to be garbage
        Assert.Equal(6, lab.Held.Split(' ').Length);
        lab.Gc().ShouldSucceed();
        Assert.DoesNotContain("n.c1", lab.Held.Split(' ').Where(text => text.EndsWith("=n.c1", StringComparison.Ordinal)));
    }

    [Fact]
    public void Gc_spares_what_is_younger_than_the_call_and_is_not_fooled_by_a_clock_that_was_set_back()
    {
        using var lab = new CalicoLab();
        lab.Add("c1");
        Hold(lab, "10.1.0.200", "n.c2", new() { ["node"] = "node1", ["timestamp"] = "2099-01-01 00:00:00.5 +0000 UTC" });
        Hold(lab, "10.1.0.201", "n.c3", new() { ["node"] = "node1", ["timestamp"] = "yesterday" });
        lab.Gc("c1").ShouldSucceed();
        Assert.EndsWith("=n.c1", lab.Held, StringComparison.Ordinal);
    }

    [Fact]
    public void With_strict_affinity_gc_looks_at_own_blocks_only_and_finds_the_same()
    {
        using var lab = new CalicoLab();
        Assert.Equal(0, lab.Tool("ipam", "configure", "n", "--strict-affinity", "true").ExitCode);
        lab.Add("c1");
        var kept = lab.Add("c2");
        lab.Gc("c2").ShouldSucceed();
        Assert.Equal($"{kept}=n.c2", lab.Held);
    }

    [Fact]
    public void Status_says_what_an_add_would_miss()
    {
        using var lab = new CalicoLab { Ipam = "" };
        Assert.Equal("50: calico-ipam cannot assign addresses: no IPv4 pool for node node1", lab.Call("STATUS").Error);
        lab.Ipam = """ "pools":[{"name":"a","cidr":"10.1.0.0/28","blockSize":28}] """;
        lab.Call("STATUS").ShouldSucceed();
        Assert.Empty(lab.Store.List(new AllPools(), CalicoLab.Soon)); // STATUS makes nothing
        lab.Add();
        lab.Ipam = """ "ipv4_pools":["b"] """;
        Assert.Equal("50: calico-ipam cannot assign addresses: pool b does not exist, or is not enabled", lab.Call("STATUS").Error);
        lab.Ipam = """ "assign_ipv6":"true" """;
        Assert.Equal("50: calico-ipam cannot assign addresses: no IPv6 pool for node node1", lab.Call("STATUS").Error);
        lab.Ipam = """ "statusWhenFull":true """;
        lab.Call("STATUS").ShouldSucceed();
        for (var i = 2; i <= 16; i++)
            lab.Add($"c{i}");
        Assert.Equal("50: calico-ipam cannot assign addresses: no free address in a", lab.Call("STATUS").Error);
        lab.Ipam = "";
        lab.Call("STATUS").ShouldSucceed();
        lab.Tool("ipam", "pool", "disable", "n", "a");
        Assert.Equal("50: calico-ipam cannot assign addresses: no IPv4 pool for node node1", lab.Call("STATUS").Error);
    }

    [Fact]
    public void A_datastore_that_is_not_there_is_code_11_for_add_and_50_for_status()
    {
        using var lab = new CalicoLab("etcdv3");
        lab.Add();
        lab.Etcd.Stop();
        Assert.StartsWith("50: calico-ipam cannot assign addresses: read all pools ", lab.Call("STATUS").Error, StringComparison.Ordinal);
        Assert.StartsWith("11: ", lab.Call("ADD", "c2").Error, StringComparison.Ordinal);
        Assert.StartsWith("11: ", lab.Call("DEL").Error, StringComparison.Ordinal);
        lab.Etcd.Start();
        lab.Etcd.Ready();
        Assert.EndsWith("=n.c1", lab.Held, StringComparison.Ordinal);
        lab.Del();
        Assert.Equal("", lab.Held);
    }

    private static void Hold(CalicoLab lab, string address, string handle, Dictionary<string, string> attributes) =>
        new BlockIpam(lab.Store).Assign(new ExactRequest(IpAddress.Parse(address), "node1", handle) { Attributes = attributes }, CalicoLab.Soon);
}
