using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>A rule of policy routing as the kernel lists it: ip rule show.</summary>
/// <param name="Family">IPv4's or IPv6's.</param>
/// <param name="Table">The table that it sends to; 0 when it does something else.</param>
internal sealed record RuleInfo(IpFamily Family, uint Table)
{
    /// <summary>Whose packets; null is everybody's.</summary>
    public Cidr? Source { get; init; }

    /// <summary>Its place among the rules: the lowest is asked first.</summary>
    public uint Priority { get; init; }

    /// <summary>Whether it asks for more than the source.</summary>
    public bool HasMoreConditions { get; init; }

    internal static RuleInfo? Read(NetlinkReply reply)
    {
        var header = reply.Header<fib_rule_hdr>();
        if (header.family is not ((byte)AF.INET or (byte)AF.INET6))
            return null;
        var rule = new RuleInfo((IpFamily)header.family, header.action == FR_ACT.TO_TBL ? header.table : 0u) { HasMoreConditions = header.tos != 0 };
        foreach (var attribute in reply.Attributes<FRA, fib_rule_hdr>())
        {
            rule = attribute.Type switch
            {
                FRA.SRC => rule with { Source = new Cidr(attribute.ReadAddress(), header.src_len) },
                FRA.TABLE when header.action == FR_ACT.TO_TBL => rule with { Table = attribute.UInt32 },
                FRA.PRIORITY => rule with { Priority = attribute.UInt32 },
                FRA.DST or FRA.IIFNAME or FRA.OIFNAME or FRA.FWMARK => rule with { HasMoreConditions = true },
                _ => rule,
            };
        }

        return rule;
    }
}
