using System.Text;
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
    /// <remarks>
    /// A bridge with a hardware address of its own keeps it; without, it follows its ports: connections break each time, and a cloud that filters by
    /// address cuts the host off. So the address that a bridge of somebody else's has when the first pod comes is what it keeps.
    /// </remarks>
    public static BridgeDevice Ensure(RouteSocket host, BridgeConfig config)
    {
        var name = config.Bridge;
        var existing = host.FindLink(name);
        if (config.FiltersVlans && existing is { Kind: "bridge" })
            VlanFiltering.Ensure(host, existing);
        try
        {
            var link = existing ?? Create(host, config);
            if (link.Kind != "bridge")
                throw new CniException($"\"{name}\" already exists but is not a bridge", "give the network another bridge name");
            Hardening.Ensure(link);
            if (existing is not null)
                KeepMac(link);
            if (config.Ports == BridgePorts.Promiscuous && !link.IsPromiscuous)
                link.SetPromiscuous(true);
            if (!link.IsUp)
                BringUp(link, config, isOurs: existing is null);
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
        if (config.FiltersVlans)
            VlanFiltering.RequirePossible(host, link, CniErrorCode.PluginNotAvailable);
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

    /// <summary>CHECK: the bridge is up, has the gateways' addresses, and the host forwards for them; throws for the first that is not so.</summary>
    public static void RequireGateways(RouteSocket host, Link bridge, BridgeConfig config, Gateways gateways)
    {
        const string mend = "cnitool repair, or the next ADD";
        if (!bridge.IsUp)
            throw new CniException($"bridge {bridge} is down", $"ip link set {bridge} up, or {mend}");
        if (config.FiltersVlans && bridge.VlanFiltering == false)
            throw new CniException($"bridge {bridge} does not filter VLANs any more", $"{VlanFiltering.Command(bridge)}, or {mend}");
        if (gateways.OnBridge.Count == 0)
            return;
        var port = config.Vlan == 0 ? bridge : host.RequireLink(VlanPortName(bridge, config));
        var present = port.Addresses();
        foreach (var gateway in gateways.OnBridge)
        {
            if (!present.Any(other => other.Address == gateway))
                throw new CniException($"{port} has lost the gateway's address {gateway}", $"{mend}, puts it back");
            if (!Forwarding.IsOn(host, gateway.Address.Family()))
                throw new CniException($"the host does not forward {gateway.Address.Family().Word()} any more", $"{mend}, switches it on");
        }
    }

    private static string VlanPortName(Link bridge, BridgeConfig config) => $"{bridge}.{config.Vlan}";

    /// <summary>Up, without asking for duplicates of its own addresses: while they are tentative, a second or two, it cannot ask for a pod's either.</summary>
    private static void BringUp(Link link, BridgeConfig config, bool isOurs)
    {
        using (var v6 = SysctlDirectory.Open($"net/ipv6/conf/{link}"))
        {
            if (!config.EnableDad)
                _ = v6.TryWrite("accept_dad", "0");

            // Without it the gateway's address is gone when somebody takes the bridge down for a moment.
            if (isOurs)
                _ = v6.TryWrite("keep_addr_on_down", "1");
        }

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
    /// (plugins/main/bridge/bridge.go).
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
    }

    /// <summary>ip link set dev BRIDGE address SAME: what is set stays, what the bridge took from a port does not. One without ports may have none, and gets one.</summary>
    /// <remarks>
    /// Only sysfs says whether an address was set (NET_ADDR_SET of linux/netdevice.h). It may show another namespace's links; then it is set again, which
    /// costs nothing but a question to each neighbour.
    /// </remarks>
    private static void KeepMac(Link link)
    {
        const string isSet = "3";
        var about = $"/sys/class/net/{link}/";
        if (ReadLine(about + "ifindex") == link.Index.ToString() && ReadLine(about + "addr_assign_type") == isSet)
            return;
        try
        {
            link.SetMac(link.Mac is { Value: not 0 } mac ? mac : MacAddress.Random());
        }
        catch (NetlinkException e)
        {
            throw CniException.Because("could not set bridge's mac", new CniException(e.Errno.Describe(), CniException.From(e).Details));
        }
    }

    private static string ReadLine(string path) => DiskFile.Read(path) is { } bytes ? Encoding.UTF8.GetString(bytes).TrimEnd() : "";

    private static bool Conflicts(Cidr one, Cidr other) => !other.Address.IsV6 || one.Contains(other.Address) || other.Contains(one.Address);

    /// <summary>
    /// ip link add BRIDGE.VLAN type veth peer master BRIDGE, in the pods' VLAN: the host's own foot in it, made once per bridge and VLAN.
    /// </summary>
    private Link VlanPort()
    {
        var name = VlanPortName(Link, _config);
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
