using CniPlugins.Attachment;
using CniPlugins.Net;
using CniPlugins.Nftables;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Kernel;

/// <summary>ipMasq in iptables' form: upstream's bridge beside ours, and iptables-save between them.</summary>
public sealed class IptablesMasqueradeTests
{
    private const string Masq = "\"isGateway\":true,\"ipMasq\":true,";

    private static readonly IptablesMasquerade Ours = new("net1", "c1");

    [Fact]
    public void The_chain_has_upstreams_name() =>
        Assert.Equal("CNI-ca7a875c2b85fc44a855128b", new IptablesMasquerade("n1", "cid1").Chain);

    [Fact]
    public void The_rules_are_upstreams()
    {
        using var host = new IptablesHost(legacy: false);
        host.Call(upstream: true).Add(Conf.Bridge(Masq + Conf.DualStack(host.Host)), "c1", host.Host.AddPod());
        var theirs = host.Saved();
        Assert.Equal(8, theirs.Length);

        In(host, nft => Ours.Remove(nft));
        In(host, nft => Ours.Add(nft, Addresses("10.1.0.2/24", "fd00:1::2/64")));
        Assert.Equal(theirs, host.Saved());
        In(host, _ => Ours.Check(Addresses("10.1.0.2/24", "fd00:1::2/64")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_upstreams_bridge_left_goes_without_its_addresses(bool legacy)
    {
        using var host = new IptablesHost(legacy);
        var theirs = host.Call(upstream: true);
        theirs.Add(Conf.Bridge(Masq + Conf.DualStack(host.Host)), "c0", host.Host.AddPod());
        var before = host.Saved();
        Assert.Equal(8, before.Length);
        theirs.Add(Conf.Bridge(Masq + Conf.DualStack(host.Host)), "c1", host.Host.AddPod());
        Assert.Equal(16, host.Saved().Length);

        In(host, nft => Ours.Remove(nft));
        Assert.Equal(before, host.Saved());
        In(host, nft => Ours.Remove(nft));
        Assert.Equal(before, host.Saved());
    }

    [Fact]
    public void Upstreams_bridge_takes_away_what_ours_added()
    {
        using var host = new IptablesHost(legacy: false);
        var pod = host.Host.AddPod();
        var theirs = host.Call(upstream: true);
        theirs.Add(Conf.Bridge("\"isGateway\":true," + Conf.DualStack(host.Host)), "c1", pod);
        In(host, nft => Ours.Add(nft, Addresses("10.1.0.2/24", "fd00:1::2/64")));
        Assert.Equal(8, host.Saved().Length);
        theirs.Del(Conf.Bridge(Masq + Conf.DualStack(host.Host)), "c1", pod);
        Assert.Empty(host.Saved());
    }

    [Fact]
    public void Adding_again_adds_nothing_and_another_interface_shares_the_chain()
    {
        using var host = new IptablesHost(legacy: false);
        var (first, second) = (Addresses("10.1.0.2/24"), Addresses("10.2.0.2/16"));
        In(host, nft => Ours.Add(nft, first));
        var one = host.Saved();
        In(host, nft => Ours.Add(nft, first));
        Assert.Equal(one, host.Saved());

        In(host, nft => Ours.Add(nft, second));
        var rules = host.Host.InHost("iptables", "-t", "nat", "-S", Ours.Chain).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, rules.Length);
        Assert.EndsWith("-j MASQUERADE", rules[^1], StringComparison.Ordinal);

        In(host, nft => Ours.Remove(nft, [second[0].Address]));
        Assert.Equal(1, host.Saved().Count(line => line.Contains("POSTROUTING", StringComparison.Ordinal)));
        In(host, nft => Ours.Remove(nft, [second[0].Address]));
        Assert.Equal(1, host.Saved().Count(line => line.Contains("POSTROUTING", StringComparison.Ordinal)));
        In(host, nft => Ours.Remove(nft, [first[0].Address]));
        Assert.Empty(host.Saved());
    }

    [Fact]
    public void A_missing_rule_is_named()
    {
        using var host = new IptablesHost(legacy: false);
        var addresses = Addresses("10.1.0.2/24");
        In(host, nft => Ours.Add(nft, addresses));
        host.Host.InHost("iptables", "-t", "nat", "-D", Ours.Chain, "2");
        var e = Assert.Throws<Cni.CniException>(() => In(host, _ => Ours.Check(addresses)));
        Assert.StartsWith("rule [! -d 224.0.0.0/4 -m comment", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Addresses_and_targets_of_iptables_rules_are_read()
    {
        using var host = new IptablesHost(legacy: false);
        host.Restore("iptables", "*filter\n:CNI-FORWARD - [0:0]\n:X - [0:0]\n-P FORWARD DROP\n-A CNI-FORWARD -d 10.1.0.2/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
            + "-A CNI-FORWARD -s 10.1.0.2/32 -j ACCEPT\n-A CNI-FORWARD -s 10.1.0.0/24 -j X\n-A CNI-FORWARD ! -s 10.1.0.2/32 -j X\n-A CNI-FORWARD -s 10.1.0.2/31 -j X\nCOMMIT\n");
        host.Restore("ip6tables", "*filter\n:CNI-FORWARD - [0:0]\n-A CNI-FORWARD -s fd00::2/128 -d fd00::3/128 -j ACCEPT\nCOMMIT\n");
        In(host, nft =>
        {
            var (filter, filter6) = (new Table(Family.Ip, "filter"), new Table(Family.Ip6, "filter"));
            Assert.True(nft.FindChain(filter, "FORWARD")?.Hook?.PolicyDrop);
            var (one, two) = (IpAddress.Parse("10.1.0.2"), IpAddress.Parse("fd00::2"));
            Assert.Equal(
                [(null, one, null), (one, null, null), (null, null, "X"), (null, null, "X"), (null, null, "X")],
                nft.Rules(new Chain(filter, "CNI-FORWARD")).Select(rule => (rule.Source, rule.Destination, rule.Target)));
            var rule = Assert.Single(nft.Rules(new Chain(filter6, "CNI-FORWARD")));
            Assert.Equal((two, two.Next, (string?)null), (rule.Source, rule.Destination, rule.Target));
        });
    }

    private static void In(IptablesHost host, Action<NftSocket> act)
    {
        using var netns = host.Host.OpenHost();
        netns.Run(() =>
        {
            using var nft = NftSocket.OpenHere();
            act(nft);
        });
    }

    private static Cidr[] Addresses(params string[] addresses) => [.. addresses.Select(Cidr.Parse)];
}
