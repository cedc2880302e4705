using CniPlugins.Net;

namespace CniPlugins.Nftables;

/// <summary>Statements that rewrite addresses; each ends the chain.</summary>
internal static class Nat
{
    /// <summary>masquerade</summary>
    public static Statement Masquerade => new Masquerade();

    /// <summary>dnat ip to 10.1.0.2:80</summary>
    public static Statement DestinationTo(IpAddress address, ushort port) => new AddressNat(address, port);

    /// <summary>dnat ip to SELECTOR map @MAP: to the address (and port) that the map has for the key; a key it lacks ends only this rule.</summary>
    public static Statement DestinationFrom(Selector key, Set map) => new MapNat(key, map);
}

/// <summary>masquerade</summary>
internal sealed record Masquerade : Statement
{
    internal override string Words => "masquerade";

    internal override void Write(ref Expressions to) => to.Masquerade();
}

/// <summary>dnat ip to 10.1.0.2:80, dnat ip6 to [2001:db8::1]:80</summary>
internal sealed record AddressNat(IpAddress Address, ushort Port) : Statement
{
    internal override string Words => Address.IsV6 ? $"dnat ip6 to [{Address}]:{Port}" : $"dnat ip to {Address}:{Port}";

    internal override void Write(ref Expressions to)
    {
        to.LoadConstant(Address.ToBytes());
        to.LoadConstant(Value.Port(Port).ToBytes());
        to.DestinationNat(Address.IsV6, withPort: true);
    }
}

/// <summary>dnat ip to ip daddr . meta l4proto . th dport map @port4</summary>
internal sealed record MapNat(Selector Key, Set Map) : Statement
{
    internal override string Words => $"dnat {(IsV6 ? "ip6" : "ip")} to {Key} map @{Map.Name}";

    private bool IsV6 => Map.Data is [DataType.Ipv6Addr, ..];

    internal override void Write(ref Expressions to)
    {
        Key.Require(ref to);
        Key.Load(ref to);
        to.LookUpData(Map.Name);
        to.DestinationNat(IsV6, withPort: Map.Data is { Count: 2 });
    }
}
