using CniPlugins.Net;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>ether …: the addresses of a frame.</summary>
internal static class Ether
{
    /// <summary>ether saddr</summary>
    public static MacField Source => new();
}

/// <summary>ether saddr</summary>
internal sealed record MacField : Selector
{
    private const int Offset = MacAddress.Size; // the receiver's comes first

    internal override string Words => "ether saddr";

    internal override void Require(ref Expressions to) => to.RequireEthernet();

    internal override void Load(ref Expressions to) => to.LoadPayload(NFT_PAYLOAD.LL_HEADER, Offset, MacAddress.Size);
}
