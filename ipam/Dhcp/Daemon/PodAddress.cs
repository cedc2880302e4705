using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route;

namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary>
/// What an interface had of a lease that has ended. An address without a lease may be somebody else's, so it goes (RFC 2131 section 4.4.5), and comes back, or
/// its successor does, with a new lease; which address and routes there were was the main plugin's choice.
/// </summary>
internal sealed record PodAddress(int PrefixLength, bool HasPrefixRoute, IReadOnlyList<RouteSpec> Routes)
{
    private const byte Kernel = 2;
    private const byte Unicast = 1;

    /// <summary>ip addr del ADDRESS dev NAME; null when the interface does not have it.</summary>
    public static PodAddress? Withdraw(PodLink pod, IpAddress address) => pod.Run((socket, link) =>
    {
        if (link.Addresses(IpFamily.V4).FirstOrDefault(info => info.Address.Address == address) is not { } found)
            return null;
        var routes = socket.Routes(IpFamily.V4, table: null)
            .Where(route => route.LinkIndex == link.Index && route.Protocol != Kernel && route.Type == Unicast)
            .Select(route => new RouteSpec(route.Destination)
            {
                Gateway = route.Gateway,
                Scope = route.Scope,
                Priority = route.Priority,
                Table = route.Table,
                PreferredSource = route.PreferredSource,
            });
        var former = new PodAddress(found.Address.PrefixLength, !found.Flags.HasFlag(AddressFlags.NoPrefixRoute), [.. routes]);
        link.DeleteAddress(found.Address);
        return former;
    });

    /// <summary>ip addr add; ip route add: what was, with a new address and its router in the place of the former ones.</summary>
    public void Restore(PodLink pod, LeaseTerms former, LeaseTerms now) => pod.Run((socket, link) =>
    {
        var length = PrefixLength == former.Address.PrefixLength ? now.Address.PrefixLength : PrefixLength;
        Try(() => link.AddAddress(
            new Cidr(now.Address.Address, length), HasPrefixRoute ? AddressFlags.None : AddressFlags.NoPrefixRoute));
        foreach (var route in Routes.OrderBy(route => route.Gateway is not null))
        {
            var renewed = route with
            {
                Gateway = route.Gateway is { } gateway && gateway == former.Router ? now.Router ?? gateway : route.Gateway,
                PreferredSource = route.PreferredSource == former.Address.Address ? now.Address.Address : route.PreferredSource,
            };
            Try(() => socket.Batch().AddRoute(link, renewed).Commit());
        }

        return true;
    });

    /// <summary>What is there already is right; what cannot be is told, and the rest is better than nothing.</summary>
    private static void Try(Action change)
    {
        try
        {
            change();
        }
        catch (NetlinkException e) when (e.Errno is Errno.EEXIST)
        {
        }
        catch (NetlinkException e)
        {
            StandardError.WriteLine(e.Message);
        }
    }
}
