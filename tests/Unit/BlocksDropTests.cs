using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Unit;

/// <summary>GC of handles that hold nothing, while an assignment counts with one: every order in which the two calls' steps can follow each other.</summary>
public sealed class BlocksDropTests
{
    private const int Steps = 11; // 2,048 orders: more steps of both than happen before one of them is done

    [Theory]
    [InlineData("a")] // the block's own host, which could not have the lock
    [InlineData("b")] // another, which borrows from the block
    public void An_assignment_keeps_its_address_and_its_count_in_every_order(string host)
    {
        for (var order = 0; order < 1 << Steps; order++)
        {
            var lab = Prepare();
            var turns = new Turns(order, Steps);
            AssignOutcome? outcome = null;
            turns.Run(
                turn => outcome = new BlockIpam(new Stepwise(lab.Store, turn), lab.Clock).AutoAssign(new AssignRequest(host, "pod") { Count4 = 1 }, BlocksLab.Soon),
                turn => Collect(new BlockIpam(new Stepwise(lab.Store, turn), lab.Clock), "pod"));
            Assert.Null(outcome!.Error);
            Assert.Equal(outcome.Addresses.Select(address => address.Address), lab.Ipam.AddressesOf("pod", BlocksLab.Soon));
            Assert.Empty(lab.Problems());
        }
    }

    [Fact]
    public void A_handle_that_a_killed_call_left_goes_and_others_stay()
    {
        var lab = Prepare();
        var block = Assert.Single(lab.Affinities("a")).Cidr;
        lab.Store.Create(new HandleKey("killed"), BlockHandle.Of(block, 1), BlocksLab.Soon);
        Assert.NotEmpty(lab.Problems());
        Assert.True(lab.Ipam.DropHandle("killed", BlocksLab.Soon));
        Assert.False(lab.Ipam.DropHandle("killed", BlocksLab.Soon));
        Assert.False(lab.Ipam.DropHandle("first", BlocksLab.Soon));
        Assert.Empty(lab.Problems());
        Assert.Single(lab.Ipam.AddressesOf("first", BlocksLab.Soon));
    }

    /// <summary>A block of host a, which has an address in it; a pool without any other.</summary>
    private static BlocksLab Prepare()
    {
        var lab = new BlocksLab("10.0.0.0/29 29");
        lab.AddNode("b");
        lab.Take("a", handle: "first");
        return lab;
    }

    private static void Collect(BlockIpam ipam, string handle)
    {
        if (ipam.AddressesOf(handle, BlocksLab.Soon).Count == 0)
            ipam.DropHandle(handle, BlocksLab.Soon);
    }

    /// <summary>Two threads of which one goes at a time: bit by bit of a number, until one is done; then the other goes alone.</summary>
    private sealed class Turns(int order, int steps)
    {
        private readonly Lock _lock = new();
        private readonly bool[] _done = new bool[2];
        private int _step;

        public void Run(params Action<Action>[] calls)
        {
            var threads = calls.Select((call, me) => new Thread(() =>
            {
                try
                {
                    call(() => Await(me));
                }
                finally
                {
                    lock (_lock)
                        _done[me] = true;
                }
            })).ToList();
            threads.ForEach(thread => thread.Start());
            threads.ForEach(thread => thread.Join());
        }

        private void Await(int me)
        {
            for (var spin = new SpinWait(); !TryTake(me); spin.SpinOnce())
            {
            }
        }

        private bool TryTake(int me)
        {
            lock (_lock)
            {
                if (!_done[1 - me] && _step < steps && ((order >> _step) & 1) != me)
                    return false;
                _step++;
                return true;
            }
        }
    }

    private sealed class Stepwise(IDatastore store, Action turn) : IDatastore
    {
        public IReadOnlyList<Entry>[] Read(IReadOnlyList<Query> queries, Deadline deadline)
        {
            turn();
            return store.Read(queries, deadline);
        }

        public Entry Create(Key key, Resource value, Deadline deadline)
        {
            turn();
            return store.Create(key, value, deadline);
        }

        public Entry Update(Entry seen, Resource value, Deadline deadline)
        {
            turn();
            return store.Update(seen, value, deadline);
        }

        public void Delete(Entry seen, Deadline deadline)
        {
            turn();
            store.Delete(seen, deadline);
        }
    }
}
