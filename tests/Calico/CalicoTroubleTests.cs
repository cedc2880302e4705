using CniPlugins.Ipam.Blocks;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Calico;

/// <summary>calico-ipam while its etcd is in trouble: an error that says what to do, nothing lost, nothing left behind, DEL as often as one likes.</summary>
public sealed class CalicoTroubleTests
{
    [Fact]
    public void Two_of_three_endpoints_dead_cost_nothing_but_a_moment()
    {
        using var lab = Lab();
        var config = lab.Config.Replace(lab.Etcd.Url, $"http://127.0.0.1:{EtcdServer.FreePort()},{lab.Etcd.Url},http://127.0.0.1:{EtcdServer.FreePort()}", StringComparison.Ordinal);
        lab.Call("ADD", "c1", config).ShouldSucceed();
        Assert.EndsWith("=n.c1", lab.Held, StringComparison.Ordinal);
        lab.Call("DEL", "c1", config).ShouldSucceed();
        Assert.Empty(lab.Held);
    }

    [Fact]
    public void With_etcd_away_ADD_and_DEL_ask_to_try_again_and_then_succeed()
    {
        using var lab = Lab();
        lab.Add("c1");
        var held = lab.Held;
        lab.Etcd.Stop();
        foreach (var (verb, container) in new[] { ("ADD", "c2"), ("DEL", "c1"), ("DEL", "c2") })
        {
            var answer = lab.Call(verb, container);
            Assert.Equal(1, answer.ExitCode);
            Assert.Contains("\"code\": 11", answer.Output, StringComparison.Ordinal);
            Assert.Contains("connection refused", answer.Output, StringComparison.Ordinal);
            Assert.Contains(lab.Etcd.Url, answer.Output, StringComparison.Ordinal);
        }

        lab.Etcd.Start();
        lab.Etcd.Ready();
        Assert.Equal(held, lab.Held);
        lab.Del("c1");
        lab.Del("c2");
        lab.Del("c1");
        Assert.Empty(lab.Held);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Broken_connections_lose_and_leak_nothing(int seed)
    {
        using var lab = Lab();
        using var proxy = new FlakyProxy(lab.Etcd.Port);
        var random = new Random(seed);
        Mishap[] mishaps = [Mishap.LoseRequest, Mishap.LoseAnswer, Mishap.CutAnswer];
        proxy.Fate = (_, _) => random.Next(4) == 0 ? mishaps[random.Next(3)] : Mishap.None;
        var config = lab.Config.Replace(lab.Etcd.Url, proxy.Url, StringComparison.Ordinal);
        var addresses = new HashSet<string>();
        for (var i = 0; i < 12; i++)
        {
            var answer = lab.Call("ADD", $"c{i}", config);
            answer.ShouldSucceed();
            Assert.True(addresses.Add(answer.Addresses), $"{answer.Addresses} was given out twice");
        }

        Assert.Equal(12, lab.Held.Split(' ').Length);
        for (var i = 0; i < 12; i++)
            lab.Call("DEL", $"c{i}", config).ShouldSucceed();
        Assert.Empty(lab.Held);
        Assert.Empty(new BlockIpam(lab.Store).Check(CalicoLab.Soon).Problems);
    }

    [Fact]
    public void An_ADD_that_etcd_leaves_alone_in_the_middle_is_taken_back_by_DEL()
    {
        for (var reached = 1; reached < 5; reached++)
        {
            using var lab = Lab();
            lab.Add("c0");
            using (var proxy = new FlakyProxy(lab.Etcd.Port))
            {
                var last = reached;
                proxy.Fate = (n, _) => n < last ? Mishap.None : n == last ? Mishap.LoseAnswer : Mishap.LoseRequest; // gone, and not back before we give up
                var answer = lab.Call("ADD", "c1", lab.Config.Replace(lab.Etcd.Url, proxy.Url, StringComparison.Ordinal));
                if (answer.ExitCode != 0)
                    Assert.Contains("\"code\": 11", answer.Output, StringComparison.Ordinal);
            }

            lab.Del("c1");
            lab.Del("c1");
            Assert.EndsWith("=n.c0", lab.Held, StringComparison.Ordinal);
            Assert.DoesNotContain(' ', lab.Held);
            Assert.Empty(new BlockIpam(lab.Store).Check(CalicoLab.Soon).Problems);
        }
    }

    [Fact]
    public void Corrupt_JSON_is_named_by_its_key_and_stays()
    {
        using var lab = Lab();
        lab.Add("c0");
        var path = lab.Etcd.Dump("/calico/ipam/v2/assignment/").Keys.Single();
        lab.Etcd.Put(path, "{\"cidr\":");
        var answer = lab.Call("DEL", "c0");
        Assert.Equal(1, answer.ExitCode);
        Assert.Contains("block 10.1.0.", answer.Output, StringComparison.Ordinal);
        Assert.Equal("{\"cidr\":", lab.Etcd.Dump("/calico/ipam/v2/assignment/")[path]);
    }

    private static CalicoLab Lab()
    {
        var lab = new CalicoLab("etcdv3");
        lab.Etcd.Put("/calico/resources/v3/projectcalico.org/nodes/node1", """{"kind":"Node","apiVersion":"projectcalico.org/v3","metadata":{"name":"node1"},"spec":{}}""");
        return lab;
    }
}
