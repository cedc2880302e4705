using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>Many links at once.</summary>
internal sealed partial class RouteSocket
{
    // The kernel holds its lock on links for about 0.4 ms each; nobody else's ADD is to wait for longer than for a few deletions of one.
    private const int DeletedAtOnce = 256;

    // Where nobody puts links by hand.
    private const int FirstGroup = 1 << 30;

    /// <summary>
    /// ip link set dev NAME group N, for each; ip link del group N. What is gone already is no failure. Of several failures the first is thrown, when everything has been tried.
    /// </summary>
    /// <remarks>
    /// Each deletion of a single link waits for the kernel's readers, about 20 ms; one of a group waits once (100 veths: 41 ms instead of 2,342). The group has a random number: nobody
    /// else's links are in it, and another GC at the same time has its own.
    /// </remarks>
    public void Delete(IReadOnlyList<Link> links)
    {
        NetlinkException? failure = null;
        foreach (var some in links.Chunk(DeletedAtOnce))
        {
            try
            {
                if (some is [var link])
                    link.Delete();
                else
                    DeleteGroup(some);
            }
            catch (NetlinkException e)
            {
                failure ??= e;
            }
        }

        if (failure is not null)
            throw failure;
    }

    private void DeleteGroup(Link[] links)
    {
        var group = Random.Shared.Next(FirstGroup, int.MaxValue);
        foreach (var link in links)
            link.TrySetGroup(group);
        var message = NetlinkMessage.Create(stackalloc byte[RequestSize], RTM.DELLINK, 0, default(ifinfomsg));
        message.Attributes<IFLA>().Put(IFLA.GROUP, group);
        try
        {
            Netlink.Execute(message, $"delete {links[0]} and {links.Length - 1} more links");
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENODEV)
        {
            // All of them went meanwhile.
        }
    }
}
