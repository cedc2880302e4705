using CniPlugins.Cni;
using CniPlugins.Route;

namespace CniPlugins.Attachment;

/// <summary>When a main plugin asks its address plugin.</summary>
/// <remarks>
/// Most are asked before anything is made, so that there is nothing to undo when they refuse, and an address is given back last, when nobody has it any more.
/// One that speaks to a server over the pod's link (<see cref="Ipam.NeedsLink"/>) is asked when both ends are up, and told of the end while they still are.
/// </remarks>
internal static class AddressLease
{
    /// <summary>ADD before there is a link: the addresses; null from a network that has to wait for its link, or has none and does not need any.</summary>
    public static CniResult? Early(AddRequest request, Undo undo, bool isRequired = false) =>
        (isRequired || request.Conf.IpamType.Length > 0) && !request.Ipam.NeedsLink ? Ask(request, undo) : null;

    /// <summary>ADD with a link: what <see cref="Early"/> gave; else ip link set ENDS up, and what is answered over it. None without an address plugin.</summary>
    public static CniResult On(AddRequest request, Undo undo, CniResult? early, params ReadOnlySpan<Link> ends)
    {
        if (early is not null || !request.Ipam.NeedsLink)
            return early ?? new CniResult();
        foreach (var end in ends)
            end.SetUp();
        return Ask(request, undo);
    }

    /// <summary>DEL: takes the link away and gives the addresses back, in the order that this address plugin needs.</summary>
    /// <param name="request">The DEL.</param>
    /// <param name="teardown">Where failures wait.</param>
    /// <param name="removeLink">False when the link may still be there, and its addresses must not be another pod's yet.</param>
    public static void GiveBack(DelRequest request, Teardown teardown, Func<bool> removeLink)
    {
        var (isFirst, isLast) = Order(request, teardown);
        if (isFirst)
            teardown.Try(request.Ipam.Del);
        if (removeLink() && isLast)
            teardown.Try(request.Ipam.Del);
    }

    /// <summary>GC in the same order: takes the links of no valid attachment away, and gives their addresses back.</summary>
    public static void Collect(GcRequest request, Teardown teardown, Action removeLinks)
    {
        var (isFirst, isLast) = Order(request, teardown);
        if (isFirst)
            teardown.Try(request.Ipam.Gc);
        if (teardown.Try(removeLinks) && isLast)
            teardown.Try(request.Ipam.Gc);
    }

    /// <summary>Whether the address plugin is asked before the link goes, or after it; never where the configuration does not say which it is.</summary>
    private static (bool IsFirst, bool IsLast) Order(Request request, Teardown teardown)
    {
        var order = (false, false);
        teardown.Try(() =>
        {
            if (request.Conf.IpamType.Length > 0)
                order = request.Ipam.NeedsLink ? (true, false) : (false, true);
        });
        return order;
    }

    private static CniResult Ask(AddRequest request, Undo undo)
    {
        var leased = undo.Guard(request.Ipam.Add(), _ => request.Ipam.Del());
        return leased.Ips.Count > 0 ? leased : throw new CniException("IPAM plugin returned missing IP config");
    }
}
