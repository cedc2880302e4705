using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>fib …: what the routing table thinks of an address.</summary>
internal static class Fib
{
    /// <summary>fib saddr type</summary>
    public static AddressTypeField SourceType => new(NFTA_FIB.F_SADDR, "saddr");

    /// <summary>fib daddr type</summary>
    public static AddressTypeField DestinationType => new(NFTA_FIB.F_DADDR, "daddr");
}

/// <summary>RTN_UNICAST …, in nft's words.</summary>
internal enum AddressType
{
    Unicast = 1,
    Local = 2,
    Broadcast = 3,
    Multicast = 5,
}

/// <summary>fib daddr type, fib saddr type</summary>
internal sealed record AddressTypeField(NFTA_FIB Flag, string Name) : Selector
{
    internal override string Words => $"fib {Name} type";

    /// <summary>fib daddr type local</summary>
    public Statement Is(AddressType type) => Compare(NFT_CMP.EQ, type);

    /// <summary>fib daddr type != local</summary>
    public Statement IsNot(AddressType type) => Compare(NFT_CMP.NEQ, type);

    internal override void Load(ref Expressions to) => to.LoadAddressType(Flag);

    private Match Compare(NFT_CMP comparison, AddressType type) =>
        new(this, comparison, BitConverter.GetBytes((uint)type), type.ToString().ToLowerInvariant());
}
