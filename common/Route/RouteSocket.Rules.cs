using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

internal sealed partial class RouteSocket
{
    /// <summary>ip rule show; ip -6 rule show. A kernel without policy routing has none of either family, and says so (EOPNOTSUPP, EAFNOSUPPORT).</summary>
    public IReadOnlyList<RuleInfo> Rules()
    {
        var rules = Rules(IpFamily.V4);
        try
        {
            rules.AddRange(Rules(IpFamily.V6));
        }
        catch (NetlinkException e) when (e.Errno is Errno.EAFNOSUPPORT or Errno.EOPNOTSUPP)
        {
            // no IPv6
        }

        return rules;
    }

    /// <summary>ip rule del from SOURCE lookup TABLE priority …; false when it is gone already.</summary>
    public bool DeleteRule(RuleSpec rule)
    {
        try
        {
            Netlink.Execute(rule.Request(stackalloc byte[RequestSize], RTM.DELRULE), $"delete rule {rule}");
            return true;
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENOENT)
        {
            return false;
        }
    }

    private List<RuleInfo> Rules(IpFamily family)
    {
        var message = NetlinkMessage.Create(stackalloc byte[RequestSize], RTM.GETRULE, 0, new fib_rule_hdr { family = (byte)family });
        return Netlink.Dump<RuleInfo>(message, "list rules", (reply, rules) =>
        {
            if (RuleInfo.Read(reply) is { } rule && rule.Family == family)
                rules.Add(rule);
        });
    }
}
