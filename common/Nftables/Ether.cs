using CniPlugins.Net;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>ether …: the addresses of a frame.</summary>
internal static class Ether
{
    /// <summary>ether daddr</summary>
    public static MacField Destination => new(0, "daddr");

    /// <summary>ether saddr</summary>
    public static MacField Source => new(6, "saddr");
}

/// <summary>ether saddr, ether daddr</summary>
internal sealed record MacField(int Offset, string Name) : Selector
{
    internal override string Words => $"ether {Name}";

    /// <summary>ether saddr 02:00:00:00:00:2a</summary>
    public Statement Is(MacAddress mac) => Compare(NFT_CMP.EQ, Value.Of(mac));

    /// <summary>ether saddr != 02:00:00:00:00:2a</summary>
    public Statement IsNot(MacAddress mac) => Compare(NFT_CMP.NEQ, Value.Of(mac));

    internal override void Require(ref Expressions to) => to.RequireEthernet();

    internal override void Load(ref Expressions to) => to.LoadPayload(NFT_PAYLOAD.LL_HEADER, Offset, MacAddress.Size);
}
