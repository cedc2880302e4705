using CniPlugins.Netlink;
using CniPlugins.Traffic.Uapi;

namespace CniPlugins.Traffic;

/// <summary>A queueing discipline as the kernel lists it.</summary>
/// <param name="Handle">0 for one that nobody asked for.</param>
/// <param name="Kind">"tbf", "ingress", "noqueue" …</param>
internal sealed record Qdisc(int LinkIndex, uint Handle, uint Parent, string Kind)
{
    /// <summary>1:, what a shaper's root is called.</summary>
    public const uint First = 0x0001_0000;

    /// <summary>ffff:, where filters for what comes in are hung.</summary>
    internal const uint IngressHandle = 0xFFFF_0000;

    /// <summary>Whether it takes what leaves by the link.</summary>
    public bool IsRoot => Parent == (uint)TC_H.ROOT;

    /// <summary>Whether it sees what comes in by the link (ingress, clsact).</summary>
    public bool IsIngress => Parent == (uint)TC_H.INGRESS;

    /// <summary>Whether somebody put it there: what the kernel gives to a link by itself has no handle.</summary>
    public bool IsChosen => Handle != 0;

    /// <summary>Its numbers, if it is a token bucket.</summary>
    public TokenBucket? TokenBucket { get; private init; }

    internal static Qdisc Read(NetlinkReply reply)
    {
        var header = reply.Header<tcmsg>();
        var qdisc = new Qdisc(header.tcm_ifindex, header.tcm_handle, header.tcm_parent, "");
        foreach (var attribute in reply.Attributes<TCA, tcmsg>())
        {
            // The kernel writes the kind before its options.
            qdisc = attribute.Type switch
            {
                TCA.KIND => qdisc with { Kind = attribute.String },
                TCA.OPTIONS when qdisc.Kind == Traffic.TokenBucket.Kind => qdisc with { TokenBucket = Traffic.TokenBucket.Read(attribute.Nested<TCA_TBF>()) },
                _ => qdisc,
            };
        }

        return qdisc;
    }
}
