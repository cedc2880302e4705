using CniPlugins.Attachment;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Cnitool.Topology.Reading;

/// <summary>The host's links and routes, read once.</summary>
internal sealed class HostLinks
{
    private readonly Dictionary<string, Link> _byName;
    private readonly Dictionary<int, Link> _byIndex;
    private readonly ILookup<string?, Link> _byOwner;
    private readonly ILookup<int?, RouteInfo> _routes;

    public HostLinks(RouteSocket host)
    {
        All = host.Links();
        _byName = All.ToDictionary(link => link.Name);
        _byIndex = All.ToDictionary(link => link.Index);
        _byOwner = All.ToLookup(link => OwnerMark.Read(link.Alias)?.Hash);
        _routes = host.Routes(IpFamily.V4).Concat(host.Routes(IpFamily.V6)).ToLookup(route => (int?)route.LinkIndex);
    }

    public IReadOnlyList<Link> All { get; }

    public Link? Find(string name) => _byName.GetValueOrDefault(name);

    public Link? Find(int? index) => index is { } known ? _byIndex.GetValueOrDefault(known) : null;

    /// <summary>The veth that bears an attachment's name.</summary>
    public Link? OfOwner(string hash) => _byOwner[hash].FirstOrDefault(link => link.Kind == "veth");

    /// <summary>The host's end of the veth that a pod's interface is the other end of.</summary>
    public Link? PeerOf(PodView pod) => Find(pod.PeerIndex) is { Kind: "veth", PeerNetnsId: not null } link && link.PeerIndex == pod.Index ? link : null;

    /// <summary>The device that a pod's interface stands on, with what that stands on; empty when it is none of the host's.</summary>
    public string MasterOf(PodView pod)
    {
        var names = new List<string>();
        for (var link = Find(pod.MasterIndex); link is not null && names.Count < All.Count; link = link is { Data: VlanData or MacvlanData, PeerNetnsId: null } ? Find(link.PeerIndex) : null)
            names.Add(link.Name);
        return string.Join(" on ", names);
    }

    /// <summary>ip route show dev NAME, without those to the link's own addresses: what is reached by this link alone.</summary>
    public IReadOnlyList<Cidr> HostRoutes(Link link)
    {
        var own = link.Addresses().Select(address => address.Address.Address).ToHashSet();
        return [.. _routes[link.Index].Where(route => route.Destination.PrefixLength > 0).Select(route => route.Destination)
            .Where(destination => !IsLinkLocal(destination.Address) && !own.Contains(destination.Address)).Distinct()];
    }

    /// <summary>Links that a default route leaves by, and devices of no known kind (hardware) that have an address.</summary>
    public IReadOnlyList<HostDevice> Uplinks() =>
        [.. All.Select(link => (Link: link, Device: Device(link)))
            .Where(row => row.Device.Gateways.Count > 0 || HasDefaultRoute(row.Link) || (row.Link is { Kind: "", IsLoopback: false } && row.Device.Addresses.Count > 0))
            .Select(row => row.Device)];

    /// <summary>ip link show type bridge; its ports that are not among these are others'.</summary>
    public IReadOnlyList<HostDevice> Bridges(IReadOnlyList<PodAttachment> attachments)
    {
        var known = attachments.Select(pod => pod.HostInterface).ToHashSet();
        return [.. All.Where(link => link.Kind == "bridge").Select(bridge => Device(bridge) with
        {
            Networks = [.. attachments.Where(pod => pod.Bridge == bridge.Name && pod.Network.Length > 0).Select(pod => pod.Network).Distinct()],
            OtherPorts = [.. All.Where(port => port.MasterIndex == bridge.Index && !known.Contains(port.Name)).Select(port => port.Name)],
        })];
    }

    private HostDevice Device(Link link) => new(link.Name)
    {
        IsUp = link.IsUp,
        Mtu = link.Mtu,
        Addresses = link.Kind == "veth" && !HasDefaultRoute(link) ? [] : [.. link.Addresses().Where(address => address.Scope == 0).Select(address => address.Address)],
        Gateways = [.. _routes[link.Index].Where(route => route.Destination.PrefixLength == 0).Select(route => route.Gateway).OfType<IpAddress>().Distinct()],
    };

    private bool HasDefaultRoute(Link link) => _routes[link.Index].Any(route => route.Destination.PrefixLength == 0);

    private static bool IsLinkLocal(IpAddress address) => Cidr.Parse("fe80::/10").Contains(address) || Cidr.Parse("ff00::/8").Contains(address);
}
