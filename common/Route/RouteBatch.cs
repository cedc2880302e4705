using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>Changes to one namespace that leave in one send and are made in this order; <see cref="Commit"/> throws for the first refused.</summary>
/// <remarks>
/// No transaction: the kernel makes the changes after a refused one too. Each verb takes the words its failure is reported in, for callers
/// whose messages are upstream's.
/// </remarks>
internal sealed class RouteBatch(RouteSocket socket)
{
    private readonly NetlinkBatch _batch = new(socket.Netlink);

    /// <summary>ip link add NAME … type KIND; ip link set dev NAME alias ALIAS, in the same send: a crash leaves both or nothing.</summary>
    public RouteBatch Create(LinkSpec spec, string alias, string? what = null)
    {
        Add(spec.Write(stackalloc byte[RouteSocket.RequestSize]), what ?? $"create {spec.Kind} {spec.Name}");
        var message = NetlinkMessage.Create(stackalloc byte[RouteSocket.RequestSize], RTM.NEWLINK, 0, default(ifinfomsg));
        var link = message.Attributes<IFLA>();
        link.Put(IFLA.IFNAME, spec.Name);
        link.PutCounted(IFLA.IFALIAS, alias);
        return Add(message, $"set alias of {spec.Name}");
    }

    /// <summary>ip link set dev NAME up.</summary>
    public RouteBatch SetUp(Link link, string? what = null)
    {
        _batch.Add(link.Request(stackalloc byte[RouteSocket.RequestSize], RTM.NEWLINK, IFF.UP, IFF.UP), what ?? $"set {link} up");
        return this;
    }

    /// <summary>ip addr add ADDRESS broadcast + dev NAME [nodad] [noprefixroute] [scope …].</summary>
    public RouteBatch AddAddress(Link link, Cidr address, AddressFlags flags = AddressFlags.None, string? what = null, byte scope = 0)
    {
        var message = link.AddressRequest(
            stackalloc byte[RouteSocket.RequestSize], RTM.NEWADDR, NLM_F.CREATE | NLM_F.EXCL, address, flags, scope);
        _batch.Add(message, what ?? $"add address {address} to {link}");
        return this;
    }

    /// <summary>ip route append ROUTE dev NAME; EEXIST when exactly this route is there.</summary>
    public RouteBatch AddRoute(Link link, RouteSpec route, string? what = null)
    {
        _batch.Add(route.AddRequest(stackalloc byte[RouteSocket.RequestSize], link.Index), what ?? $"add route {route} dev {link}");
        return this;
    }

    /// <summary>ip route replace ROUTE dev NAME.</summary>
    public RouteBatch ReplaceRoute(Link link, RouteSpec route, string? what = null)
    {
        var message = route.Request(stackalloc byte[RouteSocket.RequestSize], RTM.NEWROUTE, NLM_F.CREATE | NLM_F.REPLACE, link.Index);
        _batch.Add(message, what ?? $"replace route {route} dev {link}");
        return this;
    }

    /// <summary>ip rule add from SOURCE lookup TABLE; EEXIST when it is there.</summary>
    public RouteBatch AddRule(RuleSpec rule, string? what = null)
    {
        _batch.Add(rule.Request(stackalloc byte[RouteSocket.RequestSize], RTM.NEWRULE), what ?? $"add rule {rule}");
        return this;
    }

    /// <summary>ip neigh replace ADDRESS lladdr MAC dev NAME nud permanent: nobody is asked for it.</summary>
    public RouteBatch AddNeighbour(Link link, IpAddress address, MacAddress mac, string? what = null)
    {
        var message = NetlinkMessage.Create(
            stackalloc byte[RouteSocket.RequestSize], RTM.NEWNEIGH, NLM_F.CREATE | NLM_F.REPLACE,
            new ndmsg { ndm_family = (byte)address.Family(), ndm_ifindex = link.Index, ndm_state = NUD.PERMANENT });
        var neighbour = message.Attributes<NDA>();
        neighbour.Put(NDA.DST, address);
        neighbour.Put(NDA.LLADDR, mac);
        _batch.Add(message, what ?? $"add neighbour {address} to {link}");
        return this;
    }

    /// <summary>Settings of a link's, in one message.</summary>
    public RouteBatch Configure(Link link, LinkChange change, string? what = null)
    {
        _batch.Add(link.ChangeRequest(stackalloc byte[RouteSocket.RequestSize], change), what ?? $"configure {link}");
        return this;
    }

    /// <summary>ip link set dev NAME netns PATH name NEW alias TEXT.</summary>
    public RouteBatch Move(Link link, Netns to, string name, string alias, string? what = null)
    {
        var message = link.MoveRequest(stackalloc byte[RouteSocket.RequestSize], to, name, alias);
        _batch.Add(message, what ?? $"move {link} to {to.Path}");
        return this;
    }

    /// <summary>bridge vlan add dev NAME vid VID [pvid] [untagged].</summary>
    public RouteBatch AddVlan(Link link, PortVlan vlan, string? what = null)
    {
        _batch.Add(link.VlanRequest(stackalloc byte[RouteSocket.RequestSize], RTM.SETLINK, vlan), what ?? $"add VLAN {vlan.Vid} to {link}");
        return this;
    }

    /// <summary>bridge vlan del dev NAME vid VID.</summary>
    public RouteBatch DeleteVlan(Link link, ushort vid, string? what = null)
    {
        var message = link.VlanRequest(stackalloc byte[RouteSocket.RequestSize], RTM.DELLINK, new PortVlan(vid));
        _batch.Add(message, what ?? $"delete VLAN {vid} from {link}");
        return this;
    }

    /// <summary>A change that another floor has put into words (qdiscs and filters).</summary>
    internal RouteBatch Add(NetlinkMessage message, string what)
    {
        _batch.Add(message, what);
        return this;
    }

    /// <summary>Sends the changes and waits for all of them; the first that was refused is the exception.</summary>
    public void Commit() => _batch.Commit();
}
