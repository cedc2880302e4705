using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Route;
using CniPlugins.Traffic.Uapi;

namespace CniPlugins.Traffic;

/// <summary>tc: what waits where on the links of a namespace, as further words of <see cref="RouteBatch"/> and <see cref="RouteSocket"/>.</summary>
internal static class TrafficControl
{
    /// <summary>tc qdisc add dev NAME root handle 1: tbf …; EEXIST when somebody chose one. With <paramref name="replace"/> tc qdisc replace.</summary>
    public static RouteBatch AddTokenBucket(this RouteBatch batch, Link link, TokenBucket bucket, bool replace = false, string? what = null)
    {
        var message = Request(
            stackalloc byte[RouteSocket.RequestSize], RTM.NEWQDISC, NLM_F.CREATE | (replace ? NLM_F.REPLACE : NLM_F.EXCL), link.Index, Qdisc.First, (uint)TC_H.ROOT);
        var qdisc = message.Attributes<TCA>();
        qdisc.Put(TCA.KIND, TokenBucket.Kind);
        bucket.Write(qdisc);
        return batch.Add(message, what ?? $"add token bucket to {link}");
    }

    /// <summary>tc qdisc add dev NAME handle ffff: ingress; EEXIST when there is one, or a clsact.</summary>
    public static RouteBatch AddIngress(this RouteBatch batch, Link link, string? what = null)
    {
        var message = Request(
            stackalloc byte[RouteSocket.RequestSize], RTM.NEWQDISC, NLM_F.CREATE | NLM_F.EXCL, link.Index, Qdisc.IngressHandle, (uint)TC_H.INGRESS);
        var qdisc = message.Attributes<TCA>();
        qdisc.Put(TCA.KIND, "ingress");
        qdisc.PutFlag(TCA.OPTIONS);
        return batch.Add(message, what ?? $"add ingress qdisc to {link}");
    }

    /// <summary>tc filter add dev NAME ingress prio 1 protocol all u32 match u32 0 0 action mirred egress redirect dev TARGET.</summary>
    public static RouteBatch AddRedirect(this RouteBatch batch, Link link, Link target, string? what = null) =>
        batch.Add(Filter.RedirectRequest(stackalloc byte[RouteSocket.RequestSize], link.Index, target.Index), what ?? $"lead what comes in by {link} to {target}");

    /// <summary>tc qdisc del dev NAME root; its classes and filters go with it.</summary>
    public static RouteBatch DeleteRoot(this RouteBatch batch, Link link) =>
        batch.Add(Request(stackalloc byte[RouteSocket.RequestSize], RTM.DELQDISC, 0, link.Index, 0, (uint)TC_H.ROOT), $"delete root qdisc of {link}");

    /// <summary>tc qdisc del dev NAME ingress; its filters go with it.</summary>
    public static RouteBatch DeleteIngress(this RouteBatch batch, Link link) =>
        batch.Add(Request(stackalloc byte[RouteSocket.RequestSize], RTM.DELQDISC, 0, link.Index, 0, (uint)TC_H.INGRESS), $"delete ingress qdisc of {link}");

    /// <summary>tc qdisc del dev NAME root; false when nobody chose one.</summary>
    public static bool DeleteRoot(this RouteSocket socket, Link link) => WasThere(socket.Batch().DeleteRoot(link));

    /// <summary>tc qdisc del dev NAME ingress; false when there is none.</summary>
    public static bool DeleteIngress(this RouteSocket socket, Link link) => WasThere(socket.Batch().DeleteIngress(link));

    /// <summary>tc qdisc show, of every link.</summary>
    public static IReadOnlyList<Qdisc> Qdiscs(this RouteSocket socket)
    {
        var message = Request(stackalloc byte[RouteSocket.RequestSize], RTM.GETQDISC, 0, 0, 0, 0);
        return socket.Netlink.Dump<Qdisc>(message, "list qdiscs", (reply, qdiscs) => qdiscs.Add(Qdisc.Read(reply)));
    }

    /// <summary>tc qdisc show dev NAME root; null when nobody chose one. A list could not be had of one link only, whatever tc shows.</summary>
    public static Qdisc? FindRoot(this RouteSocket socket, Link link) => Find(socket, link, TC_H.ROOT) is { IsChosen: true } chosen ? chosen : null;

    /// <summary>tc qdisc show dev NAME ingress; null when there is none.</summary>
    public static Qdisc? FindIngress(this RouteSocket socket, Link link) => Find(socket, link, TC_H.INGRESS);

    /// <summary>tc filter show dev NAME ingress; none of a link that is gone.</summary>
    public static IReadOnlyList<Filter> IngressFilters(this RouteSocket socket, int link)
    {
        var message = NetlinkMessage.Create(
            stackalloc byte[RouteSocket.RequestSize], RTM.GETTFILTER, 0, new tcmsg { tcm_ifindex = link, tcm_parent = Qdisc.IngressHandle });
        try
        {
            return socket.Netlink.Dump<Filter>(message, "list filters", Filter.Read);
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENODEV or Errno.EINVAL)
        {
            return [];
        }
    }

    /// <summary>The kernel answers a question for one qdisc only with ECHO, and shows nothing of noop, hence the acknowledgement too.</summary>
    private static Qdisc? Find(RouteSocket socket, Link link, TC_H parent)
    {
        var message = Request(stackalloc byte[RouteSocket.RequestSize], RTM.GETQDISC, NLM_F.ECHO | NLM_F.ACK, link.Index, 0, (uint)parent);
        return socket.Netlink.Find(message, $"look up qdisc of {link}", Qdisc.Read, absent: Errno.ENOENT);
    }

    private static bool WasThere(RouteBatch deletion)
    {
        try
        {
            deletion.Commit();
            return true;
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENOENT or Errno.EINVAL or Errno.ENODEV)
        {
            return false;
        }
    }

    private static NetlinkMessage Request(Span<byte> buffer, RTM type, NLM_F flags, int link, uint handle, uint parent) =>
        NetlinkMessage.Create(buffer, type, flags, new tcmsg { tcm_ifindex = link, tcm_handle = handle, tcm_parent = parent });
}
