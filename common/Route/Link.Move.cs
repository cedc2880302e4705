using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

internal sealed partial class Link
{
    /// <summary>
    /// ip link set dev NAME netns PATH name NEW alias TEXT, in one message. The kernel (do_setlink) does it in that order, and stops at the
    /// first that fails; the addresses, the routes and the state "up" of the link are gone with the first.
    /// </summary>
    internal NetlinkMessage MoveRequest(Span<byte> buffer, Netns to, string name, string alias)
    {
        var message = Request(buffer, RTM.NEWLINK);
        var link = message.Attributes<IFLA>();
        link.Put(IFLA.NET_NS_FD, (int)to.Handle.DangerousGetHandle());
        link.Put(IFLA.IFNAME, name);
        PutAlias(link, alias);
        return message;
    }

    /// <summary>ip link set dev NAME name NEW alias TEXT; the link must be down for its name to change.</summary>
    public void Rename(string name, string alias) => Change(
        0,
        0,
        $"rename {Name} to {name}",
        static (link, to) =>
        {
            link.Put(IFLA.IFNAME, to.name);
            PutAlias(link, to.alias);
        },
        (name, alias));
}
