using CniPlugins.Net;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>Statements that rewrite addresses; each ends the chain.</summary>
internal static class Nat
{
    /// <summary>masquerade</summary>
    public static Statement Masquerade => new Masquerade(0, "masquerade");

    /// <summary>masquerade fully-random</summary>
    public static Statement MasqueradeFullyRandom => new Masquerade(NF_NAT_RANGE.PROTO_RANDOM_FULLY, "masquerade fully-random");

    /// <summary>dnat ip to 10.1.0.2:80</summary>
    public static Statement DestinationTo(IpAddress address, ushort? port = null) => new AddressNat(NFT_NAT.DNAT, address, port);

    /// <summary>snat ip to 192.0.2.1</summary>
    public static Statement SourceTo(IpAddress address, ushort? port = null) => new AddressNat(NFT_NAT.SNAT, address, port);

    /// <summary>dnat ip to SELECTOR map @MAP: to the address (and port) that the map has for the key; a key it lacks ends only this rule.</summary>
    public static Statement DestinationFrom(Selector key, Set map) => new MapNat(NFT_NAT.DNAT, key, map);
}

/// <summary>masquerade</summary>
internal sealed record Masquerade(NF_NAT_RANGE Flags, string Text) : Statement
{
    internal override string Words => Text;

    internal override void Write(ref Expressions to) => to.Masquerade(Flags);
}

/// <summary>dnat ip to 10.1.0.2:80, snat ip6 to [2001:db8::1]:80</summary>
internal sealed record AddressNat(NFT_NAT Type, IpAddress Address, ushort? Port) : Statement
{
    internal override string Words => $"{Type.ToString().ToLowerInvariant()} {(Address.IsV6 ? "ip6" : "ip")} to {Target}";

    private string Target => Port is not { } port ? $"{Address}" : Address.IsV6 ? $"[{Address}]:{port}" : $"{Address}:{port}";

    internal override void Write(ref Expressions to)
    {
        to.LoadConstant(Address.ToBytes());
        if (Port is { } port)
            to.LoadConstant(Value.Port(port).ToBytes());
        to.Nat(Type, Address.IsV6, withPort: Port is not null);
    }
}

/// <summary>dnat ip to ip daddr . meta l4proto . th dport map @port4</summary>
internal sealed record MapNat(NFT_NAT Type, Selector Key, Set Map) : Statement
{
    internal override string Words => $"{Type.ToString().ToLowerInvariant()} {(IsV6 ? "ip6" : "ip")} to {Key} map @{Map.Name}";

    private bool IsV6 => Map.Data is [DataType.Ipv6Addr, ..];

    internal override void Write(ref Expressions to)
    {
        Key.Require(ref to);
        Key.Load(ref to);
        to.LookUpData(Map.Name);
        to.Nat(Type, IsV6, withPort: Map.Data is { Count: 2 });
    }
}
