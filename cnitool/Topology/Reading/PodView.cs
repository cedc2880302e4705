using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Cnitool.Topology.Reading;

/// <summary>An interface as it is in its namespace, or why it is not to be seen.</summary>
internal sealed record PodView(AttachmentState State, string Problem = "")
{
    public int Index { get; private init; }

    /// <summary>The other end of its veth, an index on the host.</summary>
    public int? PeerIndex { get; private init; }

    /// <summary>The device that it stands on, an index on the host.</summary>
    public int? MasterIndex { get; private init; }

    /// <inheritdoc cref="PodAttachment.Layer"/>
    public string Layer { get; private init; } = "";

    /// <inheritdoc cref="PodAttachment.InnerMaster"/>
    public string InnerMaster { get; private init; } = "";

    public string IfName { get; private init; } = "";

    /// <summary>Of a device of the host's, its name there.</summary>
    public string Alias { get; private init; } = "";

    public IReadOnlyList<Cidr> Addresses { get; private init; } = [];

    public IReadOnlyList<IpAddress> Gateways { get; private init; } = [];

    /// <summary>ip -n NETNS addr show dev IFNAME; ip -n NETNS route show default.</summary>
    public static PodView Of(string netnsPath, string ifName) => Look(netnsPath, pod => pod.FindLink(ifName) is { } link
        ? See(pod, link)
        : new PodView(AttachmentState.Gone, $"{ifName} is not in its namespace {netnsPath}"));

    /// <summary>ip netns exec NETNS ip link show type veth: the interfaces of a namespace whose other ends are elsewhere.</summary>
    public static IReadOnlyList<PodView> Veths(string netnsPath)
    {
        var views = new List<PodView>();
        _ = Look(netnsPath, pod =>
        {
            views.AddRange(pod.Links().Where(link => link is { Kind: "veth", PeerNetnsId: not null }).Select(link => See(pod, link)));
            return new PodView(AttachmentState.Attached);
        });
        return views;
    }

    private static PodView See(RouteSocket pod, Link link) => new(AttachmentState.Attached, link.IsUp ? "" : $"{link.Name} is down")
    {
        Index = link.Index,
        IfName = link.Name,
        Alias = link.Alias,
        PeerIndex = link.Kind == "veth" ? link.PeerIndex : null,
        MasterIndex = StandsOnAnother(link) && link.PeerNetnsId is not null ? link.PeerIndex : null,
        Layer = LayerOf(pod, link),
        InnerMaster = pod.FindLink(link.MasterIndex ?? 0) is not { } master ? ""
            : master.Data is VrfData { Table: var table } ? $"vrf {master} (table {table})" : $"{master.Kind} {master}",
        Addresses = [.. link.Addresses().Where(address => address.Scope != RouteSpec.LinkScope).Select(address => address.Address)],
        Gateways = [.. new[] { IpFamily.V4, IpFamily.V6 }.SelectMany(family => pod.Routes(family))
            .Where(route => route.Destination.PrefixLength == 0 && route.LinkIndex == link.Index).Select(route => route.Gateway).OfType<IpAddress>().Distinct()],
    };

    private static bool StandsOnAnother(Link link) => link.Data is MacvlanData or IpvlanData or VlanData;

    private static string LayerOf(RouteSocket pod, Link link)
    {
        var text = link.Data switch
        {
            MacvlanData macvlan => $"macvlan {macvlan.Mode}".ToLowerInvariant(),
            IpvlanData ipvlan => $"ipvlan {ipvlan.Mode}".ToLowerInvariant(),
            VlanData vlan => $"vlan {vlan.Id}",
            TunData => "tap",
            _ => link.Kind is "veth" ? "" : link.Kind,
        };
        return StandsOnAnother(link) && link.PeerNetnsId is null && pod.FindLink(link.PeerIndex ?? 0) is { } lower ? $"{text} on {lower}" : text;
    }

    private static PodView Look(string path, Func<RouteSocket, PodView> look)
    {
        try
        {
            using var netns = Netns.Find(path);
            if (netns is null)
                return new PodView(AttachmentState.Gone, $"its namespace {path} is gone");
            using var own = Netns.Own();
            if (netns.IsSame(own))
                return new PodView(AttachmentState.Gone, $"{path} is the host's own namespace by now");
            using var pod = RouteSocket.OpenIn(netns);
            return look(pod);
        }
        catch (NetnsException e) when (e.Errno is Errno.None)
        {
            return new PodView(AttachmentState.Gone, $"its namespace {path} is gone: what is there is none");
        }
        catch (Exception e) when (e is IErrnoException)
        {
            return new PodView(AttachmentState.Unread, $"its namespace could not be read: {e.Message}");
        }
    }
}
