using CniPlugins.Net;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>ip … and ip6 …: fields of the network header of one family.</summary>
internal readonly record struct Ip(bool IsV6)
{
    public static Ip V4 => new(IsV6: false);

    public static Ip V6 => new(IsV6: true);

    /// <summary>The header in which this address could stand.</summary>
    public static Ip Of(IpAddress address) => new(address.IsV6);

    /// <summary>ip saddr, ip6 saddr</summary>
    public AddressField Source => new(IsV6, IsV6 ? 8 : 12, "saddr");

    /// <summary>ip daddr, ip6 daddr</summary>
    public AddressField Destination => new(IsV6, IsV6 ? 24 : 16, "daddr");
}

/// <summary>ip saddr, ip6 daddr, …</summary>
internal sealed record AddressField(bool IsV6, int Offset, string Name) : Selector
{
    internal override string Words => $"{(IsV6 ? "ip6" : "ip")} {Name}";

    /// <summary>ip saddr 10.1.0.2</summary>
    public Statement Is(IpAddress address) => Compare(NFT_CMP.EQ, Value.Of(address));

    /// <summary>ip saddr 10.1.0.0/16</summary>
    public Statement Is(Cidr network) => Compare(NFT_CMP.EQ, network);

    /// <summary>ip saddr != 10.1.0.0/16</summary>
    public Statement IsNot(Cidr network) => Compare(NFT_CMP.NEQ, network);

    /// <summary>ip saddr &amp; 255.255.255.0: the network of this prefix length that the address is in, to be looked up.</summary>
    public Selector Masked(int prefixLength) => prefixLength == Bits ? this : new MaskedAddress(this, Mask(prefixLength));

    internal override void Require(ref Expressions to) => to.RequireNetwork(IsV6);

    internal override void Load(ref Expressions to) => to.LoadPayload(NFT_PAYLOAD.NETWORK_HEADER, Offset, Bits / 8);

    private int Bits => IsV6 ? 128 : 32;

    private Statement Compare(NFT_CMP comparison, Cidr network) => network.PrefixLength == Bits
        ? Compare(comparison, Value.Of(network.Address))
        : new MaskedMatch(this, Mask(network.PrefixLength).ToBytes(), comparison, network.First.ToBytes(),
            $"{(comparison == NFT_CMP.NEQ ? "!= " : "")}{network.Network}");

    private IpAddress Mask(int prefixLength)
    {
        var zero = IsV6 ? IpAddress.V6(0) : IpAddress.V4(0);
        return zero.WithValue(new Cidr(zero, prefixLength).Mask);
    }
}

/// <summary>ip saddr &amp; 255.255.255.0</summary>
internal sealed record MaskedAddress(AddressField Field, IpAddress Mask) : Selector
{
    internal override string Words => $"{Field} & {Mask}";

    internal override void Require(ref Expressions to) => Field.Require(ref to);

    internal override void Load(ref Expressions to)
    {
        Field.Load(ref to);
        to.Mask(Mask.ToBytes());
    }
}
