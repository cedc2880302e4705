using CniPlugins.Net;
using CniPlugins.Nftables;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Kernel;

/// <summary>Every statement: its own words, and the line nft prints of what it wrote, are the same.</summary>
public sealed class NftStatementTests
{
    [Fact]
    public void Addresses_and_networks()
    {
        Says(Family.Inet,
            ([Ip.V4.Source.Is(Address("10.1.0.2"))], "ip saddr 10.1.0.2"),
            ([Ip.V4.Source.Is(Cidr.Parse("10.1.2.3/16"))], "ip saddr 10.1.0.0/16"),
            ([Ip.V4.Destination.IsNot(Cidr.Parse("10.1.0.0/22"))], "ip daddr != 10.1.0.0/22"),
            ([Ip.V4.Destination.Is(Cidr.Parse("10.1.0.1/32"))], "ip daddr 10.1.0.1"),
            ([Ip.V6.Source.Is(Address("2001:db8::2"))], "ip6 saddr 2001:db8::2"),
            ([Ip.V6.Source.Is(Cidr.Parse("2001:db8::/33"))], "ip6 saddr 2001:db8::/33"),
            ([Ip.V6.Destination.IsNot(Cidr.Parse("2001:db8::/64"))], "ip6 daddr != 2001:db8::/64"),
            ([Ip.Of(Address("10.0.0.1")).Source.Is(Address("10.0.0.1")), Ip.V4.Destination.IsNot(Cidr.Parse("10.0.0.0/8")), Nat.Masquerade],
            "ip saddr 10.0.0.1 ip daddr != 10.0.0.0/8 masquerade"));
    }

    [Fact]
    public void One_family_needs_no_question_about_it()
    {
        Says(Family.Ip, ([Ip.V4.Source.Is(Address("10.1.0.2")), Verdict.Drop], "ip saddr 10.1.0.2 drop"));
        Says(Family.Ip6, ([Ip.V6.Source.Is(Address("2001:db8::2")), Verdict.Drop], "ip6 saddr 2001:db8::2 drop"));
    }

    [Fact]
    public void Ports_and_protocols()
    {
        Says(Family.Inet,
            ([Th.Tcp.DestinationPort.Is(80)], "tcp dport 80"),
            ([Th.Udp.DestinationPort.IsNot(53)], "udp dport != 53"),
            ([Th.Sctp.SourcePort.Is(9)], "sctp sport 9"),
            ([new Th(Protocol.Tcp).SourcePort.Is(1), Th.Tcp.DestinationPort.Is(2)], "tcp sport 1 tcp dport 2"),
            ([Th.Any.DestinationPort.Is(99)], "th dport 99"));
    }

    [Fact]
    public void Interfaces_and_marks()
    {
        Says(Family.Inet,
            ([Meta.IifName.Is("eth0"), Meta.OifName.IsNot("fifteen-letters")], "iifname \"eth0\" oifname != \"fifteen-letters\""),
            ([Meta.Mark.Is(5)], "meta mark 0x00000005"),
            ([Meta.Mark.Is(0x2000, mask: 0x2000)], "meta mark & 0x00002000 == 0x00002000"),
            ([Meta.Mark.IsNot(0x2000, mask: 0xff00)], "meta mark & 0x0000ff00 != 0x00002000"),
            ([Meta.SetMarkBits(0x2000)], "meta mark set meta mark | 0x00002000"));
    }

    [Fact]
    public void An_index_is_printed_as_a_name()
    {
        using var host = new NftHost();
        var chain = new Chain(new Table(Family.Inet, "t"), "c");
        host.Socket.Commit(new Batch().Ensure(chain.Table).Ensure(chain).Add(chain, [Meta.Iif.IsNot(1)]));
        Assert.Equal(["iif != \"lo\""], host.Rules(chain));
    }

    [Fact]
    public void Routing_and_connection_tracking()
    {
        Says(Family.Inet,
            ([Fib.DestinationIsLocal], "fib daddr type local"),
            ([Ct.State(CtState.Established | CtState.Related)], "ct state established,related"),
            ([Ct.State(CtState.Invalid | CtState.New | CtState.Untracked)], "ct state invalid,new,untracked"));
    }

    [Fact]
    public void Verdicts()
    {
        var target = new Chain(Chain(Family.Inet).Table, "target");
        Says(Family.Inet,
            ([Verdict.Accept], "accept"),
            ([Verdict.Drop], "drop"),
            ([Verdict.Return], "return"),
            ([Verdict.Jump(target)], "jump target"));
    }

    [Fact]
    public void Address_translation()
    {
        Says(Family.Inet,
            ([Nat.Masquerade], "masquerade"),
            ([Th.Tcp.DestinationPort.Is(80), Nat.DestinationTo(Address("10.1.0.2"), 8080)], "tcp dport 80 dnat ip to 10.1.0.2:8080"),
            ([Th.Tcp.DestinationPort.Is(80), Nat.DestinationTo(Address("2001:db8::2"), 8080)], "tcp dport 80 dnat ip6 to [2001:db8::2]:8080"));
    }

    [Fact]
    public void Look_ups()
    {
        var table = Chain(Family.Inet).Table;
        var pairs = new Set(table, "pairs", DataType.Ipv4Addr, DataType.Ipv4Addr);
        var six = new Set(table, "six", DataType.Ipv6Addr, DataType.InetProto, DataType.InetService);
        var names = new Set(table, "names", DataType.IfName);
        var marks = new Set(table, "marks", DataType.Mark);
        var addresses = new Set(table, "addresses", DataType.InetService) { Data = [DataType.Ipv6Addr] };
        Says(new Batch().Ensure(pairs).Ensure(six).Ensure(names).Ensure(marks).Ensure(addresses), Family.Inet,
            ([Ip.V4.Source.Then(Ip.V4.Destination.Masked(20)).In(pairs)], "ip saddr . ip daddr & 255.255.240.0 @pairs"),
            ([Ip.V4.Source.Then(Ip.V4.Destination.Masked(32)).NotIn(pairs)], "ip saddr . ip daddr != @pairs"),
            ([Ip.V6.Source.Masked(56).Then(Meta.L4Proto).Then(Th.Any.DestinationPort).In(six)],
            "ip6 saddr & ffff:ffff:ffff:ff00:: . meta l4proto . th dport @six"),
            ([Meta.IifName.In(names)], "iifname @names"),
            ([Meta.Mark.In(marks)], "meta mark @marks"),
            ([Nat.DestinationFrom(Th.Tcp.DestinationPort, addresses)], "dnat ip6 to tcp dport map @addresses"));
    }

    [Fact]
    public void Frames_on_a_bridge()
    {
        var pairs = new Set(Chain(Family.Bridge).Table, "pairs", DataType.IfName, DataType.EtherAddr);
        Says(new Batch().Ensure(pairs), Family.Bridge,
            ([Meta.IifName.Then(Ether.Source).NotIn(pairs), Verdict.Drop], "iifname . ether saddr != @pairs drop"),
            ([Ip.V4.Source.Is(Address("10.1.0.2"))], "ip saddr 10.1.0.2"),
            ([Ip.V6.Source.Is(Address("2001:db8::2"))], "ip6 saddr 2001:db8::2"));
        var senders = new Set(Chain(Family.Inet).Table, "senders", DataType.EtherAddr);
        Says(new Batch().Ensure(senders), Family.Inet, ([Ether.Source.In(senders)], "ether saddr @senders"));
    }

    private static void Says(Family family, params (Statement[] Rule, string Line)[] pairs) => Says(new Batch(), family, pairs);

    /// <summary>Each rule is this line.</summary>
    private static void Says(Batch sets, Family family, params (Statement[] Rule, string Line)[] pairs)
    {
        using var host = new NftHost();
        var chain = Chain(family);
        Assert.Equal(pairs.Select(pair => pair.Line), pairs.Select(pair => string.Join(' ', (IEnumerable<Statement>)pair.Rule)));

        host.Socket.Commit(new Batch().Ensure(chain.Table).Ensure(chain).Ensure(chain with { Name = "target" }));
        host.Socket.Commit(sets);
        var batch = new Batch();
        foreach (var (rule, _) in pairs)
            batch.Add(chain, rule);
        host.Socket.Commit(batch);
        Assert.Equal(pairs.Select(pair => pair.Line), host.Rules(chain));
    }

    private static Chain Chain(Family family) => new(new Table(family, "t"), "c");

    private static IpAddress Address(string text) => IpAddress.Parse(text);
}
