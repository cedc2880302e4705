using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>meta …: what the kernel knows of a packet beside its bytes.</summary>
internal static class Meta
{
    /// <summary>meta l4proto</summary>
    public static ProtocolField L4Proto => new();

    /// <summary>meta mark</summary>
    public static MarkField Mark => new();

    /// <summary>iif: the device it came in by, as an index.</summary>
    public static IndexField Iif => new();

    /// <summary>iifname</summary>
    public static NameField IifName => new(NFT_META.IIFNAME, "iifname");

    /// <summary>oifname</summary>
    public static NameField OifName => new(NFT_META.OIFNAME, "oifname");

    /// <summary>meta mark set meta mark | 0x00002000: sets these bits and leaves the others.</summary>
    public static Statement SetMarkBits(uint bits) => new MarkBits(bits);
}

/// <summary>meta l4proto</summary>
internal sealed record ProtocolField : Selector
{
    internal override string Words => "meta l4proto";

    internal override void Load(ref Expressions to) => to.LoadMeta(NFT_META.L4PROTO, sizeof(byte));
}

/// <summary>meta mark</summary>
internal sealed record MarkField : Selector
{
    internal override string Words => "meta mark";

    /// <summary>meta mark 0x00000005</summary>
    public Statement Is(uint mark) => Compare(NFT_CMP.EQ, Value.Mark(mark));

    /// <summary>meta mark &amp; 0x00002000 == 0x00002000</summary>
    public Statement Is(uint mark, uint mask) => Masked(NFT_CMP.EQ, "==", mark, mask);

    /// <summary>meta mark &amp; 0x00002000 != 0x00002000</summary>
    public Statement IsNot(uint mark, uint mask) => Masked(NFT_CMP.NEQ, "!=", mark, mask);

    internal override void Load(ref Expressions to) => to.LoadMeta(NFT_META.MARK, sizeof(uint));

    private MaskedMatch Masked(NFT_CMP comparison, string sign, uint mark, uint mask) =>
        new(this, Value.Mark(mask).ToBytes(), comparison, Value.Mark(mark).ToBytes(), $"& {Value.Mark(mask)} {sign} {Value.Mark(mark)}");
}

/// <summary>meta mark set meta mark | 0x00002000</summary>
internal sealed record MarkBits(uint Bits) : Statement
{
    internal override string Words => $"meta mark set meta mark | {Value.Mark(Bits)}";

    internal override void Write(ref Expressions to)
    {
        to.LoadMeta(NFT_META.MARK, sizeof(uint));
        to.Mask(Value.Mark(~Bits).ToBytes(), xor: Value.Mark(Bits).ToBytes());
        to.SetMeta(NFT_META.MARK);
    }
}

/// <summary>iif</summary>
internal sealed record IndexField : Selector
{
    internal override string Words => "iif";

    /// <summary>iif != 1, which nft prints as iif != "lo".</summary>
    public Statement IsNot(int index) => new Match(this, NFT_CMP.NEQ, BitConverter.GetBytes(index), $"{index}");

    internal override void Load(ref Expressions to) => to.LoadMeta(NFT_META.IIF, sizeof(int));
}

/// <summary>iifname, oifname</summary>
internal sealed record NameField(NFT_META Key, string Name) : Selector
{
    internal override string Words => Name;

    /// <summary>iifname "eth0"</summary>
    public Statement Is(string name) => Compare(NFT_CMP.EQ, Value.IfName(name));

    /// <summary>iifname != "eth0"</summary>
    public Statement IsNot(string name) => Compare(NFT_CMP.NEQ, Value.IfName(name));

    internal override void Load(ref Expressions to) => to.LoadMeta(Key, DataType.IfName.Size());
}
