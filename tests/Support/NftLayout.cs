using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Tests.Support;

/// <summary>A ruleset with masquerade and host ports for both families, said through the API; <see cref="Text"/> says the same to nft.</summary>
internal sealed class NftLayout
{
    public const uint Mark = 0x2000;

    public static Table Table => new(Family.Inet, "cni_plugins");

    public static Chain Postrouting => new(Table, "postrouting") { Hook = new Hook(ChainType.Nat, HookPoint.Postrouting, Priority.SrcNat + 5) };

    public static Set Masq(bool v6) => new(Table, $"masq{Digit(v6)}", Address(v6));

    public static Set Own(bool v6, int length) => new(Table, $"own{Digit(v6)}_{length}", Address(v6), Address(v6));

    public static Set Port(bool v6) => new(Table, $"port{Digit(v6)}", Address(v6), DataType.InetProto, DataType.InetService)
    {
        Data = [Address(v6), DataType.InetService],
    };

    public static Set PortAny(bool v6) => new(Table, $"port{Digit(v6)}_any", DataType.InetProto, DataType.InetService)
    {
        Data = [Address(v6), DataType.InetService],
    };

    public static Set Hairpin(bool v6, int length) =>
        new(Table, $"hairpin{Digit(v6)}_{length}", Address(v6), Address(v6), DataType.InetProto, DataType.InetService);

    public static Set HairpinAny(bool v6, int length) =>
        new(Table, $"hairpin{Digit(v6)}_any_{length}", Address(v6), DataType.InetProto, DataType.InetService);

    /// <summary>Everything that does not belong to a pod; a second time changes nothing.</summary>
    public static Batch Skeleton()
    {
        var martians = new Chain(Table, "martians") { Hook = new Hook(ChainType.Filter, HookPoint.Prerouting, Priority.Raw) };
        var prerouting = new Chain(Table, "prerouting") { Hook = new Hook(ChainType.Nat, HookPoint.Prerouting, Priority.DstNat + 5) };
        var output = new Chain(Table, "output") { Hook = new Hook(ChainType.Nat, HookPoint.Output, Priority.DstNat + 5) };
        var (hostports, hairpin, masq) = (new Chain(Table, "hostports"), new Chain(Table, "hairpin"), new Chain(Table, "masq"));

        var batch = new Batch().Ensure(Table);
        foreach (var v6 in new[] { false, true })
        {
            batch.Ensure(Masq(v6)).Ensure(Own(v6, Length(v6))).Ensure(Port(v6)).Ensure(PortAny(v6));
            foreach (var length in HairpinLengths(v6))
                batch.Ensure(Hairpin(v6, length)).Ensure(HairpinAny(v6, length));
        }

        foreach (var chain in (Chain[])[martians, prerouting, output, hostports, hairpin, Postrouting, masq])
            batch.Ensure(chain).Flush(chain);

        var loopback = Cidr.Parse("127.0.0.0/8");
        batch.Add(martians, [Meta.Iif.IsNot(1), Ip.V4.Destination.Is(loopback), Verdict.Drop])
            .Add(martians, [Meta.Iif.IsNot(1), Ip.V4.Source.Is(loopback), Verdict.Drop])
            .Add(prerouting, [Fib.DestinationIsLocal, Verdict.Jump(hostports)])
            .Add(output, [Fib.DestinationIsLocal, Verdict.Jump(hostports)])
            .Add(hostports, [Verdict.Jump(hairpin)]);

        var port = Meta.L4Proto.Then(Th.Any.DestinationPort);
        foreach (var ip in (Ip[])[Ip.V4, Ip.V6])
            batch.Add(masq, [ip.Source.Then(ip.Destination.Masked(Length(ip.IsV6))).In(Own(ip.IsV6, Length(ip.IsV6))), Verdict.Return]);

        foreach (var ip in (Ip[])[Ip.V4, Ip.V6])
        {
            batch.Add(hostports, [Nat.DestinationFrom(ip.Destination.Then(port), Port(ip.IsV6))])
                .Add(hostports, [Nat.DestinationFrom(port, PortAny(ip.IsV6))]);
            foreach (var length in HairpinLengths(ip.IsV6))
            {
                var client = ip.Source.Masked(length);
                batch.Add(hairpin, [client.Then(ip.Destination).Then(port).In(Hairpin(ip.IsV6, length)), Meta.SetMarkBits(Mark)])
                    .Add(hairpin, [client.Then(port).In(HairpinAny(ip.IsV6, length)), Meta.SetMarkBits(Mark)]);
            }

            batch.Add(masq, [ip.Source.In(Masq(ip.IsV6)), Nat.Masquerade]);
        }

        return batch.Add(Postrouting, [Meta.Mark.Is(Mark, mask: Mark), Nat.Masquerade])
            .Add(Postrouting, [Ip.V4.Destination.Is(Cidr.Parse("224.0.0.0/4")), Verdict.Return])
            .Add(Postrouting, [Ip.V6.Destination.Is(Cidr.Parse("ff00::/8")), Verdict.Return])
            .Add(Postrouting, [Verdict.Jump(masq)]);
    }

    /// <summary>One pod: masquerade, and a host port on any address.</summary>
    public static Element[] Pod(string address, ushort hostPort, ushort port, string comment, byte[]? @private = null)
    {
        var pod = IpAddress.Parse(address);
        var network = new Cidr(pod, Length(pod.IsV6)).First;
        var key = new Datum(Value.Of(Protocol.Tcp), Value.Port(hostPort));
        List<Element> elements =
        [
            new(Masq(pod.IsV6), new Datum(Value.Of(pod))),
            new(Own(pod.IsV6, Length(pod.IsV6)), new Datum(Value.Of(pod), Value.Of(network))),
            new(PortAny(pod.IsV6), key) { Data = new Datum(Value.Of(pod), Value.Port(port)) },
            new(HairpinAny(pod.IsV6, Length(pod.IsV6)), new Datum([Value.Of(network), .. key.Values])),
        ];
        if (!pod.IsV6)
            elements.Add(new(HairpinAny(false, 8), new Datum([Value.Of(IpAddress.Parse("127.0.0.0")), .. key.Values])));
        return [.. elements.Select(element => element with { Comment = comment, Private = @private })];
    }

    private static int Length(bool v6) => v6 ? 64 : 24;

    private static int[] HairpinLengths(bool v6) => v6 ? [64] : [24, 8, 0];

    private static DataType Address(bool v6) => v6 ? DataType.Ipv6Addr : DataType.Ipv4Addr;

    private static char Digit(bool v6) => v6 ? '6' : '4';

    public const string Text = """
        table inet cni_plugins {
            set masq4 { type ipv4_addr; }
            set own4_24 { type ipv4_addr . ipv4_addr; }
            map port4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
            map port4_any { type inet_proto . inet_service : ipv4_addr . inet_service; }
            set hairpin4_24 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; }
            set hairpin4_any_24 { type ipv4_addr . inet_proto . inet_service; }
            set hairpin4_8 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; }
            set hairpin4_any_8 { type ipv4_addr . inet_proto . inet_service; }
            set hairpin4_0 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; }
            set hairpin4_any_0 { type ipv4_addr . inet_proto . inet_service; }
            set masq6 { type ipv6_addr; }
            set own6_64 { type ipv6_addr . ipv6_addr; }
            map port6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }
            map port6_any { type inet_proto . inet_service : ipv6_addr . inet_service; }
            set hairpin6_64 { type ipv6_addr . ipv6_addr . inet_proto . inet_service; }
            set hairpin6_any_64 { type ipv6_addr . inet_proto . inet_service; }

            chain martians {
                type filter hook prerouting priority raw; policy accept;
                iif != "lo" ip daddr 127.0.0.0/8 drop
                iif != "lo" ip saddr 127.0.0.0/8 drop
            }
            chain prerouting {
                type nat hook prerouting priority dstnat + 5; policy accept;
                fib daddr type local jump hostports
            }
            chain output {
                type nat hook output priority -95; policy accept;
                fib daddr type local jump hostports
            }
            chain hostports {
                jump hairpin
                dnat ip to ip daddr . meta l4proto . th dport map @port4
                dnat ip to meta l4proto . th dport map @port4_any
                dnat ip6 to ip6 daddr . meta l4proto . th dport map @port6
                dnat ip6 to meta l4proto . th dport map @port6_any
            }
            chain hairpin {
                ip saddr & 255.255.255.0 . ip daddr . meta l4proto . th dport @hairpin4_24 meta mark set meta mark | 0x2000
                ip saddr & 255.255.255.0 . meta l4proto . th dport @hairpin4_any_24 meta mark set meta mark | 0x2000
                ip saddr & 255.0.0.0 . ip daddr . meta l4proto . th dport @hairpin4_8 meta mark set meta mark | 0x2000
                ip saddr & 255.0.0.0 . meta l4proto . th dport @hairpin4_any_8 meta mark set meta mark | 0x2000
                ip saddr & 0.0.0.0 . ip daddr . meta l4proto . th dport @hairpin4_0 meta mark set meta mark | 0x2000
                ip saddr & 0.0.0.0 . meta l4proto . th dport @hairpin4_any_0 meta mark set meta mark | 0x2000
                ip6 saddr & ffff:ffff:ffff:ffff:: . ip6 daddr . meta l4proto . th dport @hairpin6_64 meta mark set meta mark | 0x2000
                ip6 saddr & ffff:ffff:ffff:ffff:: . meta l4proto . th dport @hairpin6_any_64 meta mark set meta mark | 0x2000
            }
            chain postrouting {
                type nat hook postrouting priority srcnat + 5; policy accept;
                meta mark & 0x2000 == 0x2000 masquerade
                ip daddr 224.0.0.0/4 return
                ip6 daddr ff00::/8 return
                jump masq
            }
            chain masq {
                ip saddr . ip daddr & 255.255.255.0 @own4_24 return
                ip6 saddr . ip6 daddr & ffff:ffff:ffff:ffff:: @own6_64 return
                ip saddr @masq4 masquerade
                ip6 saddr @masq6 masquerade
            }
        }
        """;
}
