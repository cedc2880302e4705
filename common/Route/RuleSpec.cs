using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>ip rule add from SOURCE lookup TABLE [priority …]; without a priority it is asked before those that are there, but for the local table's.</summary>
internal sealed record RuleSpec(Cidr Source, uint Table)
{
    public uint? Priority { get; init; }

    public override string ToString() => $"from {Source} lookup {Table}";

    internal NetlinkMessage Request(Span<byte> buffer, RTM type)
    {
        var flags = type == RTM.NEWRULE ? NLM_F.CREATE | NLM_F.EXCL : 0;
        var message = NetlinkMessage.Create(buffer, type, flags, new fib_rule_hdr
        {
            family = (byte)Source.Address.Family(),
            src_len = (byte)Source.PrefixLength,
            table = Table <= byte.MaxValue ? (byte)Table : (byte)RT_TABLE.UNSPEC,
            action = FR_ACT.TO_TBL,
        });
        var rule = message.Attributes<FRA>();
        rule.Put(FRA.SRC, Source.Address);
        rule.Put(FRA.TABLE, Table);
        if (Priority is { } priority)
            rule.Put(FRA.PRIORITY, priority);
        return message;
    }
}
