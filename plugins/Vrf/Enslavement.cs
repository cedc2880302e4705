using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Route;

namespace CniPlugins.Vrf;

/// <summary>An interface's way into a VRF with its addresses and routes, of which the kernel takes most away: it takes the link down for a moment.</summary>
internal sealed class Enslavement
{
    private readonly Netns _netns;
    private readonly RouteSocket _pod;
    private readonly Link _link;
    private readonly List<AddressInfo> _addresses;
    private readonly List<RouteInfo> _routes;

    /// <summary>Remembers what the interface has.</summary>
    public Enslavement(Netns netns, RouteSocket pod, Link link)
    {
        _netns = netns;
        _pod = pod;
        _link = link;
        _addresses = [.. link.Addresses(IpFamily.V6).Where(address => address.Scope == RouteSpec.UniverseScope)];

        // What the kernel made of addresses it makes again, in the VRF's table. A gateway is found by the routes without one.
        _routes =
        [
            .. pod.Routes().Where(route => route.LinkIndex == link.Index && !route.IsMadeByKernel && !route.IsOneOfSeveral)
                .OrderBy(route => route.Gateway is not null),
        ];
    }

    /// <summary>ip link set dev eth0 master VRF; the addresses it lost again, and the routes, in the VRF's table.</summary>
    public void Into(Link vrf)
    {
        using var monitor = AddressMonitor.OpenIn(_netns);
        KeepAddresses();
        Move(vrf.Index, $"could not set vrf {vrf} as master of {_link}");
        Restore(VrfDevice.TableOf(vrf), monitor);
    }

    /// <summary>Out again, with everything back in the main table.</summary>
    public void TakeBack()
    {
        using var monitor = AddressMonitor.OpenIn(_netns);
        Move(0, $"resetMaster: could reset master to {_link}");
        Restore(RouteSpec.MainTable, monitor);
    }

    private void Move(int master, string failure) => _pod.Batch().Configure(_link, new LinkChange { MasterIndex = master }, failure).Commit();

    /// <summary>sysctl -w net.ipv6.conf.eth0.keep_addr_on_down=1: the fewer are lost.</summary>
    private void KeepAddresses()
    {
        if (_addresses.Count > 0)
            _netns.Run(() => Sysctl.TryWrite($"net/ipv6/conf/{_link}/keep_addr_on_down", "1"));
    }

    private void Restore(uint table, AddressMonitor monitor)
    {
        var present = _link.Addresses(IpFamily.V6);
        foreach (var lost in _addresses.Where(lost => !present.Any(address => address.Address == lost.Address)))
        {
            try
            {
                _link.AddAddress(lost.Address, lost.Flags & (AddressFlags.NoDad | AddressFlags.NoPrefixRoute));
            }
            catch (NetlinkException e) when (e.Errno is not Errno.EEXIST)
            {
                throw CniException.Because($"could not restore address {lost.Address}", e);
            }
        }

        if (_addresses.Count > 0 && _link.IsUp)
            InterfaceSetup.AwaitDetection(_link, monitor);
        var batch = _pod.Batch();
        foreach (var route in _routes)
            batch.ReplaceRoute(_link, route.AsSpec() with { Table = table }, $"could not add route '{route.AsSpec()}'");
        batch.Commit();
    }
}
