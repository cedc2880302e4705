using CniPlugins.Netlink;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>A rule that the kernel has; only listing makes one, so nobody deletes what they have not seen.</summary>
internal sealed class Rule
{
    internal Rule(Chain chain, ulong handle)
    {
        Chain = chain;
        Handle = handle;
    }

    public Chain Chain { get; }

    public ulong Handle { get; }

    public string? Comment { get; internal init; }

    /// <summary>The chain that its first jump or goto leads to.</summary>
    public string? Target { get; internal init; }

    public override string ToString() => $"rule {Chain.Path} handle {Handle}";

    /// <summary>What the kernel tells about a rule.</summary>
    internal static Rule Read(NetlinkReply reply, Chain chain)
    {
        ulong handle = 0;
        string? comment = null;
        string? target = null;
        foreach (var attribute in reply.Attributes<NFTA_RULE, nfgenmsg>())
        {
            switch (attribute.Type)
            {
                case NFTA_RULE.HANDLE:
                    handle = attribute.UInt64Net;
                    break;
                case NFTA_RULE.USERDATA:
                    comment = Userdata.Read(attribute.Bytes).Comment;
                    break;
                case NFTA_RULE.EXPRESSIONS:
                    target = FindTarget(attribute.Nested<NFTA_LIST>());
                    break;
            }
        }

        return new Rule(chain, handle) { Comment = comment, Target = target };
    }

    private static string? FindTarget(AttributeReader<NFTA_LIST> expressions)
    {
        foreach (var expression in expressions)
        {
            var isImmediate = false;
            foreach (var attribute in expression.Nested<NFTA_EXPR>())
            {
                if (attribute.Type == NFTA_EXPR.NAME)
                    isImmediate = attribute.String == "immediate";
                else if (isImmediate && TargetOf(attribute.Nested<NFTA_IMMEDIATE>()) is { } target)
                    return target;
            }
        }

        return null;
    }

    private static string? TargetOf(AttributeReader<NFTA_IMMEDIATE> immediate)
    {
        foreach (var attribute in immediate)
        {
            if (attribute.Type == NFTA_IMMEDIATE.DATA)
                return Verdict.Read(attribute.Nested<NFTA_DATA>())?.Chain;
        }

        return null;
    }
}
