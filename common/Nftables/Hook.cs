using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>type nat hook postrouting priority 105; policy accept;</summary>
internal sealed record Hook(ChainType Type, HookPoint Point, int Priority)
{
    /// <summary>policy drop: what no rule decides is dropped; otherwise it passes.</summary>
    public bool PolicyDrop { get; init; }

    /// <summary>Place and priority, which the kernel keeps together.</summary>
    internal static Hook Read(AttributeReader<NFTA_HOOK> attributes)
    {
        var hook = new Hook(default, default, 0);
        foreach (var attribute in attributes)
        {
            if (attribute.Type == NFTA_HOOK.HOOKNUM)
                hook = hook with { Point = (HookPoint)attribute.UInt32Net };
            else if (attribute.Type == NFTA_HOOK.PRIORITY)
                hook = hook with { Priority = (int)attribute.UInt32Net };
        }

        return hook;
    }
}

/// <summary>What a base chain may do to packets.</summary>
internal enum ChainType
{
    Filter,
    Nat,
    Route,
}

/// <summary>The kernel's names of chain types.</summary>
internal static class ChainTypeWords
{
    public static string Word(this ChainType type) => type switch
    {
        ChainType.Nat => "nat",
        ChainType.Route => "route",
        _ => "filter",
    };

    public static ChainType Parse(string word) => word switch
    {
        "nat" => ChainType.Nat,
        "route" => ChainType.Route,
        _ => ChainType.Filter,
    };
}

/// <summary>Where on its way a packet is.</summary>
internal enum HookPoint
{
    Prerouting = NF.INET_PRE_ROUTING,
    Input = NF.INET_LOCAL_IN,
    Forward = NF.INET_FORWARD,
    Output = NF.INET_LOCAL_OUT,
    Postrouting = NF.INET_POST_ROUTING,
}

/// <summary>The priorities that nft has words for (linux/netfilter_ipv4.h); a chain of a smaller number runs first.</summary>
internal static class Priority
{
    public const int Raw = -300;
    public const int DstNat = -100;
    public const int Filter = 0;
    public const int SrcNat = 100;
}
