using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Inspection;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Unit;

/// <summary>
/// A plugin may be killed, or lose its datastore, before or after any write. Whatever it had written: nothing is held twice, a DEL takes back all there is, and
/// what remains is put to use again.
/// </summary>
public sealed class BlocksCrashTests
{
    private sealed class KilledException : Exception;

    public static TheoryData<string, bool> Cases()
    {
        var data = new TheoryData<string, bool>();
        foreach (var name in new[] { "cold", "warm", "second family", "exact", "exact in a new block", "release by handle", "release", "borrow", "reclaim", "stray", "claim", "let go" })
        {
            data.Add(name, true);
            data.Add(name, false);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Killed_anywhere_nothing_is_lost(string name, bool applied)
    {
        for (var kill = 1; kill < 40; kill++)
        {
            var lab = Prepare(name);
            var held = lab.Ipam.Check(BlocksLab.Soon).Holders.Select(h => (h.Address, h.Holder.HandleId)).ToHashSet();
            var died = RunUntil(lab, kill, applied, () => Act(lab, name));
            lab.NothingIsHeldTwice();
            AssertOthersUntouched(lab, held, name);
            // The runtime's DEL after a failed ADD, or its second DEL.
            lab.Ipam.ReleaseByHandle("victim", BlocksLab.Soon);
            lab.Ipam.ReleaseByHandle("victim-exact", BlocksLab.Soon);
            lab.NothingIsHeldTwice();
            var report = lab.Ipam.Check(BlocksLab.Soon);
            Assert.DoesNotContain(report.Problems, p => p.Kind is ProblemKind.LeakedHandle or ProblemKind.OverCount or ProblemKind.BlockWithoutAffinity);
            Assert.DoesNotContain(report.Holders, h => h.Holder.HandleId is "victim" or "victim-exact");
            // What a half claim left is used, or given back, by who comes next; every address can still be had.
            lab.Clock.Advance(TimeSpan.FromMinutes(2));
            var all = lab.Auto("host-z", 16 - report.Holders.Count(h => !h.Address.IsV6), handle: "rest", change: r => r with { MaxBlocks = 100 });
            Assert.Null(all.Error);
            Assert.Null(all.V4.Shortfall);
            lab.NothingIsHeldTwice();
            if (!died)
                return;
        }

        Assert.Fail("it never came to its end");
    }

    [Theory]
    [InlineData("cold")]
    [InlineData("warm")]
    [InlineData("exact")]
    [InlineData("release by handle")]
    public void A_datastore_that_fails_in_between_leaves_nothing_that_a_DEL_does_not_take(string name)
    {
        for (var fail = 1; fail < 40; fail++)
        {
            foreach (var applied in new[] { true, false })
            {
                var lab = Prepare(name);
                var count = 0;
                void Fail(string operation)
                {
                    if (operation != "read" && ++count == fail)
                        throw new DatastoreException(DatastoreFailure.Unavailable, "cut");
                }

                lab.Store.Before = applied ? null : (operation, _) => Fail(operation);
                lab.Store.After = applied ? (operation, _) => Fail(operation) : null;
                Ignore<DatastoreException>(() => Act(lab, name));
                lab.Store.Before = null;
                lab.Store.After = null;
                lab.NothingIsHeldTwice();
                lab.Ipam.ReleaseByHandle("victim", BlocksLab.Soon);
                lab.Ipam.ReleaseByHandle("victim-exact", BlocksLab.Soon);
                Assert.DoesNotContain(lab.Ipam.Check(BlocksLab.Soon).Holders, h => h.Holder.HandleId is "victim" or "victim-exact");
                Assert.DoesNotContain(lab.Problems(), p => p.Kind is ProblemKind.LeakedHandle or ProblemKind.OverCount);
            }
        }
    }

    private static BlocksLab Prepare(string name)
    {
        var lab = new BlocksLab("10.0.0.0/28 30", "fd00::/120 126");
        foreach (var node in new[] { "host-a", "host-b", "host-z" })
            lab.AddNode(node);
        lab.Take("host-b", handle: "other");
        if (name is "warm" or "second family")
            lab.Take("host-a", handle: "mine");
        if (name is "release" or "release by handle")
            lab.Auto("host-a", 5, 2, "victim");
        if (name is "borrow")
        {
            lab.Take("host-b", 10, handle: "others");
            lab.Take("host-z", 4, handle: "zs");
        }

        if (name is "reclaim")
        {
            lab.Take("host-b", 3, handle: "others");
            lab.Take("host-z", 12, handle: "zs");
            lab.Ipam.ReleaseByHandle("zs", BlocksLab.Soon);
            lab.Clock.Advance(TimeSpan.FromMinutes(2));
        }

        if (name is "stray")
        {
            lab.AddPool("20.0.0.0/28 30", p => p with { NodeSelector = "!all()" });
            lab.Claim("20.0.0.4/30", "host-a");
        }

        if (name is "let go")
            lab.Claim("10.0.0.0/28", "host-a");
        return lab;
    }

    private static void Act(BlocksLab lab, string name)
    {
        switch (name)
        {
            case "exact" or "exact in a new block":
                var address = name == "exact" ? lab.Blocks().Single(b => !b.Cidr.Address.IsV6).AddressOf(3) : FreeBlock(lab).Next;
                lab.Ipam.Assign(new ExactRequest(address, "host-a", "victim-exact"), BlocksLab.Soon);
                break;
            case "release by handle":
                lab.Ipam.ReleaseByHandle("victim", BlocksLab.Soon);
                break;
            case "release":
                lab.Ipam.Release(lab.Ipam.AddressesOf("victim", BlocksLab.Soon).Select(a => new ReleaseRequest(a, "victim")).ToList(), BlocksLab.Soon);
                break;
            case "claim":
                lab.Claim("10.0.0.0/28", "host-a");
                break;
            case "let go":
                lab.Ipam.ReleaseAffinitiesOf(BlockOwner.Host("host-a"), onlyIfEmpty: true, BlocksLab.Soon);
                break;
            case "cold" or "warm" or "second family" or "borrow" or "reclaim" or "stray":
                var error = lab.Auto("host-a", 1, name == "second family" ? 1 : 0, "victim").Error;
                if (error is not null)
                    throw error;
                break;
            default:
                Assert.Fail(name);
                break;
        }
    }

    private static IpAddress FreeBlock(BlocksLab lab)
    {
        var taken = lab.Blocks().Select(b => b.Cidr).ToHashSet();
        return new uint[] { 0, 4, 8, 12 }.Select(o => new Cidr(IpAddress.Parse("10.0.0.0").Plus(o), 30)).First(c => !taken.Contains(c)).First;
    }

    private static void AssertOthersUntouched(BlocksLab lab, HashSet<(IpAddress, string?)> before, string name)
    {
        var now = lab.Ipam.Check(BlocksLab.Soon).Holders.Select(h => (h.Address, h.Holder.HandleId)).ToHashSet();
        Assert.All(before.Where(h => !(name.StartsWith("release", StringComparison.Ordinal) && h.Item2 == "victim")), h => Assert.Contains(h, now));
    }

    /// <summary>Runs an action and stops it dead at its n-th write, before or after it happened; false when it came to its end first.</summary>
    private static bool RunUntil(BlocksLab lab, int kill, bool applied, Action action)
    {
        var writes = 0;
        var died = false;
        void Count(string operation)
        {
            if (operation != "read" && ++writes == kill)
            {
                died = true;
                throw new KilledException();
            }
        }

        lab.Store.Before = applied ? null : (operation, _) => Count(operation);
        lab.Store.After = applied ? (operation, _) => Count(operation) : null;
        Ignore<KilledException>(action);
        lab.Store.Before = null;
        lab.Store.After = null;
        return died;
    }

    private static void Ignore<T>(Action action)
        where T : Exception
    {
        try
        {
            action();
        }
        catch (T)
        {
        }
    }
}
