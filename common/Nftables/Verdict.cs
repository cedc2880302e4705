using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>accept, drop, return, jump CHAIN, goto CHAIN</summary>
internal sealed record Verdict : Statement
{
    private Verdict(int code, string word, string? chain = null)
    {
        Code = code;
        Words = chain is null ? word : $"{word} {chain}";
        Chain = chain;
    }

    public static Verdict Accept => new((int)NF.ACCEPT, "accept");

    public static Verdict Drop => new((int)NF.DROP, "drop");

    public static Verdict Return => new((int)NFT.RETURN, "return");

    /// <summary>NF_ACCEPT …, or one of NFT_JUMP …</summary>
    internal int Code { get; }

    /// <summary>Where jump and goto lead.</summary>
    internal string? Chain { get; }

    /// <summary>accept, and a jump or goto to where there may be one.</summary>
    internal bool MayAccept => Code is (int)NF.ACCEPT || Chain is not null;

    internal override string Words { get; }

    public static Verdict Jump(Chain chain) => Jump(chain.Name);

    /// <summary>What the kernel says a rule decides; null when it is a value and no verdict.</summary>
    internal static Verdict? Read(AttributeReader<NFTA_DATA> data)
    {
        int? code = null;
        string? chain = null;
        foreach (var attribute in data)
        {
            if (attribute.Type != NFTA_DATA.VERDICT)
                continue;
            foreach (var part in attribute.Nested<NFTA_VERDICT>())
            {
                if (part.Type == NFTA_VERDICT.CODE)
                    code = (int)part.UInt32Net;
                else if (part.Type == NFTA_VERDICT.CHAIN)
                    chain = part.String;
            }
        }

        return code switch
        {
            (int)NF.ACCEPT => Accept,
            (int)NF.DROP => Drop,
            (int)NFT.RETURN => Return,
            (int)NFT.JUMP when chain is not null => Jump(chain),
            (int)NFT.GOTO when chain is not null => Goto(chain),
            _ => null,
        };
    }

    internal override void Write(ref Expressions to) => to.Decide(this);

    private static Verdict Jump(string chain) => new((int)NFT.JUMP, "jump", chain);

    private static Verdict Goto(string chain) => new((int)NFT.GOTO, "goto", chain);
}
