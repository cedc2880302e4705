using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route;

namespace CniPlugins.Bridge;

/// <summary>The host's bridge: shared by the pods of a network (and by whoever else likes it), so it is made when missing and never removed.</summary>
internal sealed class BridgeDevice
{
    private readonly RouteSocket _host;
    private readonly BridgeConfig _config;

    private BridgeDevice(RouteSocket host, BridgeConfig config, Link link)
    {
        _host = host;
        _config = config;
        Link = link;
    }

    /// <summary>The bridge as it was found or made.</summary>
    public Link Link { get; }

    /// <summary>
    /// ip link add NAME [mtu …] address … up type bridge [vlan_filtering 1], unless it exists; of an existing one nothing is changed but that it is up,
    /// promiscuous if asked for, and takes no router advertisements. Ten processes at once make one bridge.
    /// </summary>
    /// <remarks>A bridge with a hardware address of its own keeps it; without, it follows its ports and breaks connections each time.</remarks>
    public static BridgeDevice Ensure(RouteSocket host, BridgeConfig config)
    {
        var name = config.Bridge;
        try
        {
            var link = host.FindLink(name) ?? Create(host, config);
            if (link.Kind != "bridge")
                throw new CniException($"\"{name}\" already exists but is not a bridge", "give the network another bridge name");
            Hardening.Ensure(link);
            if (config.Ports == BridgePorts.Promiscuous && !link.IsPromiscuous)
                link.SetPromiscuous(true);
            if (!link.IsUp)
                BringUp(link, config);
            return new BridgeDevice(host, config, link);
        }
        catch (Exception e) when (e is CniException or NetlinkException or LinkNotFoundException)
        {
            throw CniException.Because($"failed to create bridge \"{name}\"", e);
        }
    }

    /// <summary>STATUS: nobody else sits on the bridge's name, and it is said when the kernel's limit of ports is near.</summary>
    public static void RequireUsable(BridgeConfig config)
    {
        using var host = RouteSocket.OpenHere();
        if (host.FindLink(config.Bridge) is not { } link)
            return;
        if (link.Kind != "bridge")
            throw new CniException(CniErrorCode.PluginNotAvailable, $"\"{config.Bridge}\" already exists but is not a bridge", "give the network another bridge name");
        var ports = host.Links().Count(port => port.MasterIndex == link.Index);
        if (ports >= BridgeSpec.MaxPorts * 95 / 100)
            StandardError.WriteLine($"bridge {link} has {ports} of at most {BridgeSpec.MaxPorts} ports");
    }

    /// <summary>
    /// Gives the bridge (or its port in the pods' VLAN, which is returned then) the gateways' addresses, and has the host forward. Throws when it has
    /// another address of the kind and forceAddress is not set.
    /// </summary>
    public Link? TakeGateways(Gateways gateways)
    {
        if (gateways.OnBridge.Count == 0)
            return null;
        var port = _config.Vlan == 0 ? null : VlanPort();
        foreach (var gateway in gateways.OnBridge)
        {
            try
            {
                TakeAddress(port ?? Link, gateway);
            }
            catch (Exception e) when (e is CniException or NetlinkException)
            {
                throw CniException.Because(
                    port is null ? "failed to set bridge addr" : "failed to set vlan interface for bridge with addr", e);
            }
        }

        foreach (var isV6 in gateways.OnBridge.Select(gateway => gateway.Address.IsV6).Distinct())
        {
            try
            {
                Forwarding.Ensure(_host, isV6);
            }
            catch (LibcException e)
            {
                throw CniException.Because("failed to enable forwarding", e);
            }
        }

        return port;
    }

    /// <summary>Up, without asking for duplicates of its own addresses: while they are tentative, a second or two, it cannot ask for a pod's either.</summary>
    private static void BringUp(Link link, BridgeConfig config)
    {
        if (!config.EnableDad)
            _ = Sysctl.TryWrite($"net/ipv6/conf/{link}/accept_dad", "0");
        link.SetUp();
    }

    private static Link Create(RouteSocket host, BridgeConfig config)
    {
        try
        {
            return host.Create(new BridgeSpec(config.Bridge)
            {
                Mtu = config.Mtu,
                Mac = MacAddress.Random(),
                VlanFiltering = config.FiltersVlans ? true : null,
            });
        }
        catch (NetlinkException e) when (e.Errno is Errno.EEXIST)
        {
            return host.RequireLink(config.Bridge); // another ADD was faster
        }
        catch (NetlinkException e)
        {
            throw CniException.Because($"could not add \"{config.Bridge}\"", new CniException(e.Errno.Describe(), CniException.From(e).Details));
        }
    }

    /// <summary>
    /// The address a link must have: there already is done; any other IPv4 address, or an IPv6 one whose network overlaps, is in the way
    /// (bridge.md section 4).
    /// </summary>
    private void TakeAddress(Link link, Cidr address)
    {
        var present = link.Addresses(address.Address.Family());
        if (present.Any(other => other.Address == address))
            return;
        foreach (var other in present.Where(other => Conflicts(other.Address, address)))
        {
            if (!_config.ForceAddress)
            {
                throw new CniException(
                    $"\"{link}\" already has an IP address different from {address}",
                    $"it has {other.Address}; set forceAddress to replace it, or use another bridge or subnet");
            }

            link.DeleteAddress(other.Address);
        }

        try
        {
            link.AddAddress(address, address.Address.IsV6 && !_config.EnableDad ? AddressFlags.NoDad : AddressFlags.None);
        }
        catch (NetlinkException e) when (e.Errno is Errno.EEXIST)
        {
            return; // another ADD was faster
        }
        catch (NetlinkException e)
        {
            throw CniException.Because($"could not add IP address {address} to \"{link}\"", new CniException(e.Errno.Describe(), CniException.From(e).Details));
        }

        FixMac(link);
    }

    /// <summary>
    /// A bridge that somebody made without a hardware address of its own would change it with its ports, and its neighbours would lose it: writing the
    /// current one back makes it stay. One whose ports are all gone has none, and gets one.
    /// </summary>
    private static void FixMac(Link link)
    {
        try
        {
            var current = link.Refresh()?.Mac;
            link.SetMac(current is { Value: not 0 } mac ? mac : MacAddress.Random());
        }
        catch (NetlinkException e)
        {
            throw CniException.Because("could not set bridge's mac", new CniException(e.Errno.Describe(), CniException.From(e).Details));
        }
    }

    private static bool Conflicts(Cidr one, Cidr other) => !other.Address.IsV6 || one.Contains(other.Address) || other.Contains(one.Address);

    /// <summary>
    /// ip link add BRIDGE.VLAN type veth peer master BRIDGE, in the pods' VLAN: the host's own foot in it, made once per bridge and VLAN.
    /// </summary>
    private Link VlanPort()
    {
        var name = $"{Link}.{_config.Vlan}";
        try
        {
            if (_host.FindLink(name) is { } existing)
                return FindUnfinished(existing) is { } half ? Finish(half, name) : existing;
            var created = _host.Create(new VethSpec($"veth{System.Random.Shared.Next():x8}", name)
            {
                Mtu = Link.Mtu,
                Mac = MacAddress.Random(),
                PeerMac = MacAddress.Random(),
                MasterIndex = Link.Index,
                Up = true,
            });
            try
            {
                return Finish(created, name);
            }
            catch (Exception)
            {
                created.Delete();
                throw;
            }
        }
        catch (NetlinkException e) when (e.Errno is Errno.EEXIST && _host.FindLink(name) is { } faster)
        {
            return faster;
        }
        catch (Exception e) when (e is CniException or NetlinkException or LinkNotFoundException)
        {
            throw CniException.Because("failed to create vlan interface", CniException.Because($"faild to create vlan gateway \"{name}\"", e));
        }
    }

    /// <summary>The bridge's end of a port whose ADD was killed on its way: up is what it becomes last.</summary>
    private Link? FindUnfinished(Link port) =>
        !port.IsUp && port is { Kind: "veth", PeerNetnsId: null, PeerIndex: { } index } && _host.FindLink(index) is { } outer && outer.MasterIndex == Link.Index ? outer : null;

    private Link Finish(Link outer, string name)
    {
        PortVlans.Apply(_host, outer, _config, trunk: []);
        var port = _host.RequireLink(name);
        Hardening.Ensure(port);
        port.SetUp();
        return port.Refresh() ?? port;
    }
}
