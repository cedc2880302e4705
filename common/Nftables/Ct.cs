using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>ct …: what connection tracking knows.</summary>
internal static class Ct
{
    /// <summary>ct state established,related: any of them.</summary>
    public static Statement State(CtState any) =>
        new MaskedMatch(new CtStateField(), BitConverter.GetBytes((uint)any), NFT_CMP.NEQ, new byte[sizeof(uint)], any.Words());
}

/// <summary>ct state</summary>
internal sealed record CtStateField : Selector
{
    internal override string Words => "ct state";

    internal override void Load(ref Expressions to) => to.LoadConntrack(NFT_CT.STATE);
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

/// <summary>The bits' names, comma-separated, in the order nft prints them.</summary>
internal static class CtWords
{
    public static string Words(this CtState states) => Join(
        (states.HasFlag(CtState.Invalid), "invalid"),
        (states.HasFlag(CtState.New), "new"),
        (states.HasFlag(CtState.Established), "established"),
        (states.HasFlag(CtState.Related), "related"),
        (states.HasFlag(CtState.Untracked), "untracked"));

    private static string Join(params (bool Has, string Word)[] bits) => string.Join(',', bits.Where(bit => bit.Has).Select(bit => bit.Word));
}
