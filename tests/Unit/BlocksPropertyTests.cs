using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Inspection;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Unit;

/// <summary>Anything in any order, compared after each step with a table of who holds what.</summary>
public sealed class BlocksPropertyTests
{
    private const int Steps = 60;
    private static readonly string[] Hosts = ["a", "b", "c"];

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(2000)]
    [InlineData(3000)]
    public void Whatever_happens_the_datastore_says_who_holds_what(int first)
    {
        for (var seed = first; seed < first + 25; seed++)
        {
            var random = new Random(seed);
            var lab = new BlocksLab("10.0.0.0/27 29", "10.0.1.0/28 30", "fd00::/123 125");
            foreach (var host in Hosts)
                lab.AddNode(host);
            var held = new Dictionary<IpAddress, string>();
            for (var step = 0; step < Steps; step++)
            {
                var did = Step(lab, random, held, step);
                var report = lab.Ipam.Check(BlocksLab.Soon);
                var now = report.Holders.ToDictionary(h => h.Address, h => h.Holder.HandleId!);
                Assert.True(now.OrderBy(h => h.Key).SequenceEqual(held.OrderBy(h => h.Key)), $"seed {seed}, step {step} ({did}): {string.Join(' ', now.Except(held).Concat(held.Except(now)))}");
                Assert.True(report.Problems.Count == 0, $"seed {seed}, step {step} ({did}): {string.Join('\n', report.Problems.Select(p => p.Text))}");
            }
        }
    }

    private static string Step(BlocksLab lab, Random random, Dictionary<IpAddress, string> held, int step)
    {
        lab.Clock.Advance(TimeSpan.FromSeconds(random.Next(40)));
        var host = Hosts[random.Next(Hosts.Length)];
        switch (random.Next(10))
        {
            case < 4:
                var request = new AssignRequest(host, $"h{random.Next(12)}") { Count4 = random.Next(4), Count6 = random.Next(3), MaxBlocks = 100 };
                var strict = lab.Ipam.ReadSettings(BlocksLab.Soon).StrictAffinity;
                var outcome = lab.Ipam.AutoAssign(request, BlocksLab.Soon);
                Assert.Null(outcome.Error);
                foreach (var address in outcome.Addresses)
                    held.Add(address.Address, request.Handle!);
                if (!strict)
                {
                    Assert.True(outcome.V4.IsComplete || held.Keys.Count(a => !a.IsV6) == 48, "addresses are left, but were not given out");
                    Assert.True(outcome.V6.IsComplete || held.Keys.Count(a => a.IsV6) == 32, "addresses are left, but were not given out");
                }

                return $"auto {request.Handle} on {host}";
            case 4:
                return Exact(lab, IpAddress.Parse("10.0.0.0").Plus((uint)random.Next(32)), host, $"e{step}", held);
            case 5 or 6 when held.Count > 0:
                var handle = held.Values.Order().ElementAt(random.Next(held.Count));
                Assert.True(lab.Ipam.ReleaseByHandle(handle, BlocksLab.Soon));
                foreach (var gone in held.Where(h => h.Value == handle).Select(h => h.Key).ToList())
                    held.Remove(gone);
                return $"release {handle}";
            case 7 when held.Count > 0:
                var some = held.Keys.Order().Where(_ => random.Next(4) == 0).ToList();
                var released = lab.Ipam.Release(some.Select(a => new ReleaseRequest(a, held[a])).ToList(), BlocksLab.Soon);
                Assert.Equal((some.Count, 0), (released.Released.Count, released.Unallocated.Count));
                some.ForEach(a => held.Remove(a));
                return $"release {string.Join(' ', some)}";
            case 8:
                lab.Ipam.ReleaseAffinitiesOf(BlockOwner.Host(host), onlyIfEmpty: random.Next(2) == 0, BlocksLab.Soon);
                return $"let go of {host}'s blocks";
            default:
                lab.Settings(strict: random.Next(3) == 0);
                return "settings";
        }
    }

    private static string Exact(BlocksLab lab, IpAddress address, string host, string handle, Dictionary<IpAddress, string> held)
    {
        try
        {
            lab.Ipam.Assign(new ExactRequest(address, host, handle), BlocksLab.Soon);
            held.Add(address, handle);
        }
        catch (IpamException e) when (e.Failure is IpamFailure.AlreadyAssigned or IpamFailure.NotOwnBlock)
        {
            Assert.True(held.ContainsKey(address) || e.Failure == IpamFailure.NotOwnBlock);
        }

        return $"exact {address}";
    }
}
