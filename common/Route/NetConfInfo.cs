using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>What a family's settings say of a whole namespace.</summary>
/// <param name="Forwarding">Whether packets go on from one link to another: net.ipv4.ip_forward, net.ipv6.conf.all.forwarding.</param>
internal sealed record NetConfInfo(bool Forwarding)
{
    /// <summary>NETCONFA_IFINDEX_ALL of linux/netconf.h, the <c>all</c> among the links' names.</summary>
    internal const int AllLinks = -1;

    internal static NetConfInfo Read(NetlinkReply reply)
    {
        var forwarding = false;
        foreach (var attribute in reply.Attributes<NETCONFA, netconfmsg>())
        {
            if (attribute.Type == NETCONFA.FORWARDING)
                forwarding = attribute.Int32 != 0;
        }

        return new NetConfInfo(forwarding);
    }
}
