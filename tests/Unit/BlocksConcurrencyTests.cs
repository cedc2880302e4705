using System.Collections.Concurrent;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Inspection;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Unit;

/// <summary>Many hosts at once, each with its own view of one datastore, without any lock but compare-and-swap.</summary>
public sealed class BlocksConcurrencyTests
{
    [Fact]
    public void Thirty_two_hosts_at_once_share_sixteen_blocks()
    {
        var lab = new BlocksLab("10.0.0.0/22 26");
        var hosts = Enumerable.Range(0, 32).Select(i => $"host-{i}").ToList();
        hosts.ForEach(host => lab.AddNode(host));
        var got = new ConcurrentDictionary<string, Cidr>();
        InParallel(hosts, host => got[host] = Assert.Single(Ipam(lab).AutoAssign(new AssignRequest(host, host) { Count4 = 1 }, BlocksLab.Soon).Addresses));
        Assert.Equal(32, got.Values.Select(a => a.Address).Distinct().Count());
        var affinities = lab.Store.List(new AllAffinities(), BlocksLab.Soon).Where(e => e.As<BlockAffinity>().State == AffinityState.Confirmed).Select(e => (AffinityKey)e.Key).ToList();
        Assert.Equal(16, affinities.Count);
        Assert.All(affinities, key => Assert.Equal(key.Owner.ToString(), lab.Block(key.Cidr.ToString()).Affinity));
        Assert.All(affinities, key => Assert.Equal(key.Cidr, got[key.Owner.Name].Network));
        lab.NothingIsHeldTwice();
    }

    [Fact]
    public void Four_requests_of_one_host_at_once_claim_one_block()
    {
        for (var round = 0; round < 25; round++)
        {
            var lab = new BlocksLab("10.0.0.0/25 26");
            lab.AddNode("n");
            InParallel(["1", "2", "3", "4"], handle => Assert.Null(Ipam(lab).AutoAssign(new AssignRequest("n", handle) { Count4 = 1 }, BlocksLab.Soon).Error));
            Assert.Single(lab.Affinities("n"));
            Assert.Empty(lab.Problems());
            Assert.Equal(4, lab.Ipam.Check(BlocksLab.Soon).Holders.Count);
        }
    }

    [Fact]
    public void Four_claims_of_one_network_by_one_host_all_succeed()
    {
        var lab = new BlocksLab("10.0.0.0/22 26");
        InParallel(["1", "2", "3", "4"], _ =>
        {
            Assert.Equal((16, 0), lab.Claim("10.0.0.0/22", "n"));
        });
        Assert.Equal(16, lab.Affinities("n").Count);
        Assert.Empty(lab.Problems());
        InParallel(["1", "2", "3", "4"], _ => Ipam(lab).ReleaseAffinitiesOf(BlockOwner.Host("n"), onlyIfEmpty: true, BlocksLab.Soon));
        Assert.Empty(lab.Affinities("n"));
        Assert.Empty(lab.Blocks());
    }

    [Fact]
    public void Pods_come_and_go_on_many_hosts_and_every_address_has_one_holder()
    {
        var lab = new BlocksLab("10.0.0.0/24 28", "fd00::/120 124");
        var hosts = Enumerable.Range(0, 8).Select(i => $"host-{i}").ToList();
        hosts.ForEach(host => lab.AddNode(host));
        var owners = new ConcurrentDictionary<IpAddress, string>();
        InParallel(hosts, host =>
        {
            var random = new Random(host[^1]);
            var ipam = new BlockIpam(new Unlucky(lab.Store, random.Next()), lab.Clock);
            var pods = new List<(string Handle, IReadOnlyList<Cidr> Addresses)>();
            for (var i = 0; i < 60; i++)
            {
                if (pods.Count > 0 && random.Next(3) == 0)
                {
                    var (handle, addresses) = pods[random.Next(pods.Count)];
                    pods.RemoveAll(p => p.Handle == handle);
                    foreach (var address in addresses)
                        Assert.True(owners.TryRemove(new(address.Address, handle)));
                    Assert.True(ipam.ReleaseByHandle(handle, BlocksLab.Soon));
                    continue;
                }

                var request = new AssignRequest(host, $"{host}.{i}") { Count4 = random.Next(1, 3), Count6 = random.Next(2), MaxBlocks = 100 };
                var outcome = ipam.AutoAssign(request, BlocksLab.Soon);
                Assert.Null(outcome.Error);
                foreach (var address in outcome.Addresses)
                    Assert.True(owners.TryAdd(address.Address, request.Handle!), $"{address} is {owners[address.Address]}'s");
                if (outcome.Addresses.Count > 0)
                    pods.Add((request.Handle!, outcome.Addresses));
            }
        });
        lab.NothingIsHeldTwice();
        Assert.Equal(owners.OrderBy(o => o.Key), lab.Ipam.Check(BlocksLab.Soon).Holders.Select(h => KeyValuePair.Create(h.Address, h.Holder.HandleId!)).OrderBy(o => o.Key));
        Assert.DoesNotContain(lab.Problems(), p => p.Kind is ProblemKind.LeakedHandle or ProblemKind.OverCount);
    }

    [Fact]
    public void A_DEL_that_meets_its_ADD_leaves_nothing_behind_unseen()
    {
        // The ADD is half-way: its handle counts, its block is not written. Then the DEL comes and goes.
        var lab = new BlocksLab("10.0.0.0/24 30");
        lab.Take("n", handle: "other");
        var done = false;
        lab.Store.Before = (operation, key) =>
        {
            if (operation != "update" || key is not BlockKey || done)
                return;
            done = true;
            Ipam(lab).ReleaseByHandle("pod", BlocksLab.Soon);
        };
        Assert.Single(lab.Take("n", handle: "pod"));
        lab.Store.Before = null;
        Assert.True(done);
        Assert.Empty(lab.Problems());
        Assert.True(lab.Ipam.ReleaseByHandle("pod", BlocksLab.Soon));
        Assert.Single(lab.Ipam.Check(BlocksLab.Soon).Holders);
    }

    [Fact]
    public void A_block_that_is_stolen_between_affinity_and_block_is_left_to_the_thief()
    {
        var lab = new BlocksLab("10.0.0.0/24 30");
        lab.AddNode("victim");
        lab.AddNode("thief");
        var stolen = false;
        lab.Store.Before = (operation, key) =>
        {
            if (operation == "delete" && key is AffinityKey)
                throw new DatastoreException(DatastoreFailure.Unavailable, "cut once");
            if (operation != "create" || key is not BlockKey block || stolen)
                return;
            stolen = true;
            lab.Claim($"{block.Cidr}", "thief");
        };
        Assert.Single(lab.Take("victim", handle: "a"));
        lab.Store.Before = null;
        Assert.Contains(lab.Problems(), p => p.Kind == ProblemKind.StaleAffinity);
        lab.Take("victim", handle: "b");
        Assert.Empty(lab.Problems());
    }

    [Fact]
    public void A_claim_whose_affinity_is_given_up_meanwhile_begins_again()
    {
        var lab = new BlocksLab("10.0.0.0/24 30");
        lab.AddNode("n");
        var done = false;
        lab.Store.After = (operation, key) =>
        {
            if (operation != "create" || key is not BlockKey block || done)
                return;
            done = true;
            var affinity = lab.Store.Find(new AffinityKey(BlockOwner.Host("n"), block.Cidr), BlocksLab.Soon)!;
            lab.Store.Update(affinity, new BlockAffinity(AffinityState.PendingDeletion), BlocksLab.Soon);
        };
        Assert.Single(lab.Take("n"));
        Assert.Empty(lab.Problems());
    }

    [Fact]
    public void An_empty_block_in_which_somebody_takes_an_address_is_not_deleted()
    {
        var lab = new BlocksLab("10.0.0.0/30");
        lab.Take("a", handle: "x");
        lab.Ipam.ReleaseByHandle("x", BlocksLab.Soon);
        var done = false;
        lab.Store.Before = (operation, key) =>
        {
            if (operation != "delete" || key is not BlockKey || done)
                return;
            done = true;
            lab.Store.Before = null;
            Ipam(lab).Assign(new ExactRequest(IpAddress.Parse("10.0.0.3"), "b", "y"), BlocksLab.Soon);
        };
        lab.Ipam.ReleaseAffinitiesOf(BlockOwner.Host("a"), onlyIfEmpty: true, BlocksLab.Soon);
        Assert.True(done);
        Assert.Equal("10.0.0.3", Assert.Single(lab.Ipam.AddressesOf("y", BlocksLab.Soon)).ToString());
        lab.NothingIsHeldTwice();
    }

    [Fact]
    public void A_deadline_ends_it_with_try_again_later()
    {
        var lab = new BlocksLab("10.0.0.0/24");
        lab.AddNode("n");
        var outcome = lab.Ipam.AutoAssign(new AssignRequest("n", "h") { Count4 = 1 }, Deadline.After(TimeSpan.Zero));
        Assert.Equal(11, (int)CniPlugins.Cni.CniException.From(outcome.Error!).Code);
    }

    [Fact]
    public void Endless_conflicts_end_after_a_hundred_attempts()
    {
        var lab = new BlocksLab("10.0.0.0/24");
        lab.AddNode("n");
        lab.Store.Before = (operation, key) =>
        {
            if (operation == "update" && key is BlockKey)
                throw DatastoreException.Conflict(key);
        };
        var outcome = lab.Ipam.AutoAssign(new AssignRequest("n", "h") { Count4 = 1 }, BlocksLab.Soon);
        Assert.Equal(IpamFailure.TooManyRetries, Assert.IsType<IpamException>(outcome.Error).Failure);
        Assert.Equal("Max retries hit - excessive concurrent IPAM requests", outcome.Error.Message);
        Assert.InRange(lab.Clock.Pauses, 90, 400);
        lab.Store.Before = null;
        Assert.Empty(lab.Problems());
    }

    private static BlockIpam Ipam(BlocksLab lab) => new(lab.Store, lab.Clock);

    private static void InParallel(IReadOnlyList<string> names, Action<string> action)
    {
        var failures = new ConcurrentQueue<Exception>();
        using var start = new Barrier(names.Count);
        var threads = names.Select(name => new Thread(() =>
        {
            try
            {
                start.SignalAndWait();
                action(name);
            }
            catch (Exception e)
            {
                failures.Enqueue(e);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Empty(failures);
    }

    /// <summary>A datastore on which every eighth update or so was preceded by somebody else's.</summary>
    private sealed class Unlucky(IDatastore store, int seed) : IDatastore
    {
        private readonly Random _random = new(seed);

        public IReadOnlyList<Entry>[] Read(IReadOnlyList<Query> queries, Deadline deadline) => store.Read(queries, deadline);

        public Entry Create(Key key, Resource value, Deadline deadline) => store.Create(key, value, deadline);

        public Entry Update(Entry seen, Resource value, Deadline deadline) =>
            _random.Next(8) == 0 ? throw DatastoreException.Conflict(seen.Key) : store.Update(seen, value, deadline);

        public void Delete(Entry seen, Deadline deadline)
        {
            if (_random.Next(8) == 0)
                throw DatastoreException.Conflict(seen.Key);
            store.Delete(seen, deadline);
        }
    }
}
