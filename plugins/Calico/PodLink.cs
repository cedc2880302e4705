using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route;

namespace CniPlugins.Calico;

/// <summary>
/// A pod's way to the host as Calico makes it: a veth without any address on the host's end, whose hardware address is always the same; the pod sends everything to
/// 169.254.1.1 or to the link-local address that follows from that hardware address, and the host has a route to each of the pod's addresses.
/// </summary>
internal sealed class PodLink(RouteSocket host, RouteSocket pod, Netns netns, AddRequest request)
{
    private static readonly MacAddress HostMac = new(0xeeeeeeeeeeee);
    private static readonly IpAddress Gateway4 = IpAddress.Parse("169.254.1.1");
    private static readonly IpAddress Gateway6 = IpAddress.Parse("fe80::ecee:eeff:feee:eeee");

    /// <summary>
    /// ip link add caliXXXXXXXXXXX address ee:ee:ee:ee:ee:ee type veth peer name eth0 netns POD. A link of that name is an earlier sandbox's of the same pod: its
    /// end is near, and the pod's is now.
    /// </summary>
    public Link Create(string name, CalicoConfig config, PodWishes wishes)
    {
        var spec = new VethSpec(name, request.IfName.Value)
        {
            PeerNetns = netns,
            Mtu = config.Mtu,
            Mac = HostMac,
            PeerMac = wishes.Mac ?? MacAddress.Random(),
            TxQueueLength = 0,
            Queues = (uint)config.Queues,
        };
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                return Attachment.PodLink.WholeOrNot(host, name, () => host.Create(spec));
            }
            catch (NetlinkException e) when (e.Errno is Errno.EEXIST && isFirst && host.FindLink(name) is { } old)
            {
                old.Delete();
            }
            catch (NetlinkException e) when (e.Errno is Errno.EEXIST)
            {
                throw CniException.Because($"failed to create veth: {request.IfName} is in {request.Netns} already", e, $"DEL the earlier attachment of {request.IfName} first");
            }
            catch (NetlinkException e)
            {
                throw CniException.Because("failed to create veth", e);
            }
        }
    }

    /// <summary>Addresses, gateways and routes in the pod, then the host's end and its routes.</summary>
    public void Configure(Link outer, Link inner, IReadOnlyList<IpAddress> addresses, IReadOnlyList<Cidr> routes, CalicoConfig config, bool filtersSources)
    {
        var (hasV4, hasV6) = (addresses.Any(address => !address.IsV6), addresses.Any(address => address.IsV6));
        IReadOnlyList<IpConfig> ips = [.. addresses.Select(address => new IpConfig(Cidr.Host(address)))];
        PrepareHost(outer, hasV4, hasV6, filtersSources);
        if (hasV6)
            InterfaceSetup.Prepare(netns, pod, inner, ips);
        var result = new CniResult
        {
            Ips = ips,
            Routes = [.. routes.Where(route => route.Address.IsV6 ? hasV6 : hasV4).Select(route => new RouteConfig(route, route.Address.IsV6 ? Gateway6 : Gateway4))],
        };
        InterfaceSetup.Apply(pod, inner, result, ownRoutes: hasV4 ? [new RouteSpec(Cidr.Host(Gateway4)) { Scope = RouteSpec.LinkScope }] : []);
        KnowGateways(inner, hasV4, hasV6);
        AllowForwarding(hasV4, hasV6, config.AllowsForwarding);
        JoinHost(outer, addresses);
    }

    /// <summary>
    /// Both ends' settings before they are up. Forwarding of the host as a whole, the filter of sources and the hard answers to redirects are what Felix would
    /// see to; where there is no Felix they are needed as well.
    /// </summary>
    private void PrepareHost(Link outer, bool hasV4, bool hasV6, bool filtersSources)
    {
        using (var v6 = SysctlDirectory.Open($"net/ipv6/conf/{outer}"))
        {
            Hardening.ApplyV6(v6);
            foreach (var (setting, value) in hasV6 ? [("accept_dad", "0"), ("disable_ipv6", "0"), ("proxy_ndp", "1"), ("forwarding", "1")] : Array.Empty<(string, string)>())
            {
                if (v6.TryWrite(setting, value) is var failure and not Errno.None)
                    throw new LibcException(failure, $"failed to set net/ipv6/conf/{outer}/{setting}={value}");
            }
        }

        // The host's settings are written through this call's own socket, in one message with the owner's name.
        var change = Hardening.V4 with { Alias = Owner.Of(request).Alias };
        if (hasV4)
        {
            change = change with { RouteLocalnet = true, ProxyArp = true, Forwards = true, FiltersSources = filtersSources };
            if (Sysctl.TryWrite($"net/ipv4/neigh/{outer}/proxy_delay", "0") is var failure and not Errno.None)
                StandardError.WriteLine($"calico: net/ipv4/neigh/{outer}/proxy_delay: {failure}");
        }

        outer.Configure(change);
        if (hasV6)
            outer.AddAddress(new Cidr(Gateway6, 64), AddressFlags.NoDad);
        if (hasV4)
            Forwarding.Ensure(host, isV6: false);
        if (hasV6)
            Forwarding.Ensure(host, isV6: true);
    }

    /// <summary>
    /// ip neigh add 169.254.1.1 lladdr ee:ee:ee:ee:ee:ee nud permanent: proxy ARP answers for it only while the host has a way to it by another link, in practice
    /// a default route.
    /// </summary>
    private void KnowGateways(Link inner, bool hasV4, bool hasV6)
    {
        var batch = pod.Batch();
        if (hasV4)
            batch.AddNeighbour(inner, Gateway4, HostMac);
        if (hasV6)
            batch.AddNeighbour(inner, Gateway6, HostMac);
        batch.Commit();
    }

    /// <summary>A pod is no router unless it is to be one; it may have been made one by whoever made the namespace.</summary>
    private void AllowForwarding(bool hasV4, bool hasV6, bool allowed) => netns.Run(() =>
    {
        if (hasV4)
            Sysctl.Write("net/ipv4/ip_forward", allowed ? "1" : "0");
        if (hasV6)
            Sysctl.Write("net/ipv6/conf/all/forwarding", allowed ? "1" : "0");
    });

    /// <summary>ip link set caliXXXXXXXXXXX up; ip route add ADDRESS dev caliXXXXXXXXXXX scope link.</summary>
    private void JoinHost(Link outer, IReadOnlyList<IpAddress> addresses)
    {
        host.Batch().SetUp(outer, $"failed to set \"{outer}\" up").Commit();
        foreach (var address in addresses)
        {
            try
            {
                host.Batch().AddRoute(outer, new RouteSpec(Cidr.Host(address)) { Scope = address.IsV6 ? null : RouteSpec.LinkScope, IsExclusive = true }).Commit();
            }
            catch (NetlinkException e) when (e.Errno is Errno.EEXIST)
            {
                RequireOwnRoute(outer, address);
            }
        }
    }

    /// <summary>The very route may be there (Felix is faster at times); another link's is another pod's.</summary>
    private void RequireOwnRoute(Link outer, IpAddress address)
    {
        var route = host.FindRoute(address);
        if (route?.LinkIndex != outer.Index)
        {
            throw new CniException(
                $"route (Ifindex: {route?.LinkIndex ?? 0}, Dst: {Cidr.Host(address)}, Scope: {RouteSpec.LinkScope}) already exists for an interface other than '{outer}'",
                $"ip route get {address} shows who has the address");
        }
    }
}
