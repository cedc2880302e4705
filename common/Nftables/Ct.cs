using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>ct …: what connection tracking knows.</summary>
internal static class Ct
{
    /// <summary>ct state established,related: any of them.</summary>
    public static Statement State(CtState any) => Any("state", NFT_CT.STATE, (uint)any, any.Words());

    /// <summary>ct status dnat: any of them.</summary>
    public static Statement Status(CtStatus any) => Any("status", NFT_CT.STATUS, (uint)any, any.Words());

    private static MaskedMatch Any(string name, NFT_CT key, uint bits, string words) =>
        new(new CtField(key, name), BitConverter.GetBytes(bits), NFT_CMP.NEQ, new byte[sizeof(uint)], words);
}

/// <summary>ct state, ct status</summary>
internal sealed record CtField(NFT_CT Key, string Name) : Selector
{
    internal override string Words => $"ct {Name}";

    internal override void Load(ref Expressions to) => to.LoadConntrack(Key);
}

/// <summary>Bits as nft makes them of a state: NF_CT_STATE_INVALID_BIT, NF_CT_STATE_BIT(IP_CT_…), NF_CT_STATE_UNTRACKED_BIT.</summary>
[Flags]
internal enum CtState
{
    Invalid = 1,
    Established = 1 << (IP_CT.ESTABLISHED + 1),
    Related = 1 << (IP_CT.RELATED + 1),
    New = 1 << (IP_CT.NEW + 1),
    Untracked = 1 << 6,
}

/// <summary>What has happened to a connection.</summary>
[Flags]
internal enum CtStatus : uint
{
    SeenReply = IPS.SEEN_REPLY,
    Assured = IPS.ASSURED,
    Confirmed = IPS.CONFIRMED,
    Snat = IPS.SRC_NAT,
    Dnat = IPS.DST_NAT,
}

/// <summary>The bits' names, comma-separated, in the order nft prints them.</summary>
internal static class CtWords
{
    public static string Words(this CtState states) => Join(
        (states.HasFlag(CtState.Invalid), "invalid"),
        (states.HasFlag(CtState.New), "new"),
        (states.HasFlag(CtState.Established), "established"),
        (states.HasFlag(CtState.Related), "related"),
        (states.HasFlag(CtState.Untracked), "untracked"));

    public static string Words(this CtStatus statuses) => Join(
        (statuses.HasFlag(CtStatus.SeenReply), "seen-reply"),
        (statuses.HasFlag(CtStatus.Assured), "assured"),
        (statuses.HasFlag(CtStatus.Confirmed), "confirmed"),
        (statuses.HasFlag(CtStatus.Snat), "snat"),
        (statuses.HasFlag(CtStatus.Dnat), "dnat"));

    private static string Join(params (bool Has, string Word)[] bits) => string.Join(',', bits.Where(bit => bit.Has).Select(bit => bit.Word));
}
