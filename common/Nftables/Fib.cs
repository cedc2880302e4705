using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>fib …: what the routing table thinks of an address.</summary>
internal static class Fib
{
    private const uint Local = 2; // RTN_LOCAL

    /// <summary>fib daddr type local: it is this host's own.</summary>
    public static Statement DestinationIsLocal => new Match(new DestinationType(), NFT_CMP.EQ, BitConverter.GetBytes(Local), "local");
}

/// <summary>fib daddr type</summary>
internal sealed record DestinationType : Selector
{
    internal override string Words => "fib daddr type";

    internal override void Load(ref Expressions to) => to.LoadAddressType(NFTA_FIB.F_DADDR);
}
