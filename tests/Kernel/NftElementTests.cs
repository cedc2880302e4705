using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Nftables;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Kernel;

/// <summary>Elements: who owns them, who else wants them, and how many there may be.</summary>
public sealed class NftElementTests
{
    private const string Owner = "43d91f8451058a70-0b65a318f52e521b, net: n1, if: eth0, id: cid1";

    [Fact]
    public void The_elements_of_a_pod_are_what_nft_shows_with_their_owner()
    {
        using var host = new NftHost();
        host.Socket.Commit(NftLayout.Skeleton().Create(NftLayout.Pod("10.1.0.2", 8080, 80, Owner, [1, 2, 3, 4, 5, 6, 7, 8])));
        Shows("masq4", "10.1.0.2 comment \"…\"");
        Shows("own4_24", "10.1.0.2 . 10.1.0.0 comment \"…\"");
        Shows("port4_any", "tcp . 8080 comment \"…\" : 10.1.0.2 . 80");
        Shows("hairpin4_any_24", "10.1.0.0 . tcp . 8080 comment \"…\"");
        Shows("hairpin4_any_8", "127.0.0.0 . tcp . 8080 comment \"…\"");

        void Shows(string set, string element) => Assert.Contains(
            $"elements = {{ {element.Replace("…", Owner, StringComparison.Ordinal)} }}",
            host.Nft($"list {(set.StartsWith("port", StringComparison.Ordinal) ? "map" : "set")} inet cni_plugins {set}"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Values_of_every_type_are_shown_by_nft_and_read_back()
    {
        using var host = new NftHost();
        var table = new Table(Family.Inet, "t");
        var mac = MacAddress.TryParse("02:00:00:00:00:2a", out var parsed) ? parsed : default;
        var ports = new Set(table, "ports", DataType.IfName, DataType.EtherAddr);
        var marks = new Set(table, "marks", DataType.Ipv6Addr) { Data = [DataType.Mark] };
        var protocols = new Set(table, "protocols", DataType.InetProto);
        var macs = new Set(table, "macs", DataType.EtherAddr) { Data = [DataType.Ipv6Addr] };
        List<Element> elements =
        [
            new(ports, new Datum(Value.IfName("veth0"), Value.Of(mac))),
            new(marks, new Datum(Value.Of(IpAddress.Parse("2001:db8::2")))) { Data = new Datum(Value.Mark(0x2000)) },
            new(protocols, new Datum(Value.Of(Protocol.Sctp))) { Comment = "sctp" },
            new(macs, new Datum(Value.Of(mac))) { Data = new Datum(Value.Of(IpAddress.Parse("::1"))) },
        ];
        host.Socket.Commit(new Batch().Ensure(table).Ensure(ports).Ensure(marks).Ensure(protocols).Ensure(macs).Create(elements));

        var listing = host.Nft("list table inet t");
        Assert.Contains("elements = { \"veth0\" . 02:00:00:00:00:2a }", listing, StringComparison.Ordinal);
        Assert.Contains("elements = { 2001:db8::2 : 0x00002000 }", listing, StringComparison.Ordinal);
        Assert.Contains("elements = { sctp comment \"sctp\" }", listing, StringComparison.Ordinal);
        Assert.Contains("elements = { 02:00:00:00:00:2a : ::1 }", listing, StringComparison.Ordinal);
        Assert.Equal(elements, host.Socket.Find(elements));
        Assert.Equal(elements, elements.SelectMany(element => host.Socket.Elements(element.Set)));
    }

    [Fact]
    public void What_nft_creates_is_read_with_its_comment()
    {
        using var host = new NftHost();
        host.Load(NftLayout.Text);
        host.Load("add element inet cni_plugins port4 { 192.0.2.10 . udp . 53 comment \"theirs\" : 10.1.0.2 . 5353 }");
        var element = Assert.Single(host.Socket.Elements(NftLayout.Port(v6: false)));
        Assert.Equal("192.0.2.10 . udp . 53", element.Key.ToString());
        Assert.Equal(new Datum(Value.Of(IpAddress.Parse("10.1.0.2")), Value.Port(5353)), element.Data);
        Assert.Equal("theirs", element.Comment);
        Assert.Null(element.Private);
    }

    [Fact]
    public void A_taken_key_is_refused_by_name_and_stays_its_owners()
    {
        using var host = new NftHost();
        var first = NftLayout.Pod("10.1.0.2", 8080, 80, "first", [7]);
        host.Socket.Commit(NftLayout.Skeleton().Create(first));

        // The same port, towards the same and towards another pod.
        foreach (var pod in (string[])["10.1.0.2", "10.1.0.3"])
        {
            var port = NftLayout.Pod(pod, 8080, 80, "second").Where(element => element.Set == NftLayout.PortAny(v6: false));
            var e = Assert.Throws<NetlinkException>(() => host.Socket.Commit(new Batch()
                .Create(new Element(NftLayout.Masq(v6: false), new Datum(Value.Of(IpAddress.Parse("10.1.0.9")))))
                .Create([.. port])));
            Assert.Equal(Errno.EEXIST, e.Errno);
            Assert.Equal("create element inet cni_plugins port4_any { tcp . 8080 }: file exists", e.Message);
        }

        Assert.Equal(["first"], host.Socket.Elements(NftLayout.PortAny(v6: false)).Select(element => element.Comment));
        Assert.Equal([[7]], host.Socket.Find(first[2]).Select(element => element.Private));
        Assert.Single(host.Socket.Elements(NftLayout.Masq(v6: false))); // nothing of the refused batches came in

        host.Socket.Commit(new Batch().Delete(first[2]).Create(first[2] with { Comment = "third" }));
        Assert.Equal("third", Assert.Single(host.Socket.Find(first[2])).Comment);
    }

    [Fact]
    public void The_refused_one_of_many_is_named()
    {
        using var host = new NftHost();
        host.Socket.Commit(NftLayout.Skeleton().Create(Addresses(1)[0]));
        var addresses = Addresses(900);
        (addresses[0], addresses[700]) = (addresses[700], addresses[0]);
        var e = Assert.Throws<NetlinkException>(() => host.Socket.Commit(new Batch().Create(addresses)));
        Assert.Equal("create element inet cni_plugins masq4 { 10.0.0.0 }: file exists", e.Message);
    }

    [Fact]
    public void Only_what_is_there_is_found()
    {
        using var host = new NftHost();
        var pod = NftLayout.Pod("10.1.0.2", 8080, 80, Owner, [1, 2, 3]);
        var other = NftLayout.Pod("10.1.0.3", 8081, 80, "other");
        Assert.Empty(host.Socket.Find(pod));
        Assert.Empty(host.Socket.Elements(NftLayout.Masq(v6: false)));
        Assert.Empty(host.Socket.Sets(NftLayout.Table));
        host.Socket.Commit(NftLayout.Skeleton().Create(pod));
        Assert.Equal(pod.Select(Readable), host.Socket.Find([.. other, .. pod, .. other]).Select(Readable));
        Assert.Equal(200, host.Socket.Find([.. Enumerable.Repeat(pod[0], 200)]).Count);

        static object Readable(Element element) => (element.Set, element.Key, element.Data, element.Comment, Convert.ToHexString(element.Private!));
    }

    [Fact]
    public void Deleting_what_is_absent_fails_by_name()
    {
        using var host = new NftHost();
        var pod = NftLayout.Pod("10.1.0.2", 8080, 80, Owner);
        host.Socket.Commit(NftLayout.Skeleton().Create(pod));
        host.Socket.Commit(new Batch().Delete(pod[3]));
        var e = Assert.Throws<NetlinkException>(() => host.Socket.Commit(new Batch().Delete(pod)));
        Assert.Equal(Errno.ENOENT, e.Errno);
        Assert.Equal("delete element inet cni_plugins hairpin4_any_24 { 10.1.0.0 . tcp . 8080 }: no such file or directory", e.Message);
        Assert.Single(host.Socket.Find(pod[0]));

        host.Socket.Commit(new Batch().Delete([.. host.Socket.Find(pod)]));
        Assert.DoesNotContain("elements", host.Nft("list ruleset"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_that_is_missing_is_named()
    {
        using var host = new NftHost();
        var e = Assert.Throws<NetlinkException>(() => host.Socket.Commit(new Batch().Create(NftLayout.Pod("10.1.0.2", 8080, 80, Owner))));
        Assert.Equal(Errno.ENOENT, e.Errno);
        Assert.Equal("create element inet cni_plugins masq4 { 10.1.0.2 }: no such file or directory", e.Message);
    }

    [Fact]
    public void Thousands_come_and_go_in_one_batch()
    {
        using var host = new NftHost();
        var addresses = Addresses(5000);
        host.Socket.Commit(NftLayout.Skeleton().Create(addresses));
        Assert.Equal(5000, host.Socket.Elements(NftLayout.Masq(v6: false)).Select(element => element.Key).Distinct().Count());
        Assert.Equal(5000, host.Socket.Find(addresses).Count);

        host.Socket.Commit(new Batch().Delete([.. addresses.Skip(1)]));
        Assert.Equal(addresses[0].Key, Assert.Single(host.Socket.Elements(NftLayout.Masq(v6: false))).Key);
    }

    private static Element[] Addresses(int count) =>
    [
        .. from i in Enumerable.Range(0, count)
           let address = IpAddress.Parse("10.0.0.0").Plus((uint)i)
           select new Element(NftLayout.Masq(v6: false), new Datum(Value.Of(address))) { Comment = Owner, Private = new byte[60] },
    ];
}
