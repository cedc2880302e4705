using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>chain inet TABLE NAME { … }: rules in order; the kernel enters it at a hook, or a rule does by jump or goto.</summary>
internal sealed record Chain(Table Table, string Name)
{
    /// <summary>type … hook … priority …; policy …: of base chains only.</summary>
    public Hook? Hook { get; init; }

    public override string ToString() => $"chain {Path}";

    internal string Path => $"{Table.Path} {Name}";

    /// <summary>What the kernel tells about a chain.</summary>
    internal static Chain Read(NetlinkReply reply, Family family)
    {
        var (table, name, type, policy) = ("", "", "", (uint)NF.ACCEPT);
        Hook? hook = null;
        foreach (var attribute in reply.Attributes<NFTA_CHAIN, nfgenmsg>())
        {
            switch (attribute.Type)
            {
                case NFTA_CHAIN.TABLE:
                    table = attribute.String;
                    break;
                case NFTA_CHAIN.NAME:
                    name = attribute.String;
                    break;
                case NFTA_CHAIN.HOOK:
                    hook = Hook.Read(attribute.Nested<NFTA_HOOK>());
                    break;
                case NFTA_CHAIN.POLICY:
                    policy = attribute.UInt32Net;
                    break;
                case NFTA_CHAIN.TYPE:
                    type = attribute.String;
                    break;
            }
        }

        return new Chain(new Table(family, table), name)
        {
            Hook = hook is null ? null : hook with { Type = ChainTypeWords.Parse(type), PolicyDrop = policy == (uint)NF.DROP },
        };
    }
}
