using System.Text;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>A network namespace that one can talk rtnetlink to.</summary>
internal sealed partial class RouteSocket(NetlinkSocket netlink) : IDisposable
{
    /// <summary>Room for any request but a batch; the largest, a veth with both ends' names, is half of it.</summary>
    internal const int RequestSize = 512;

    // Links are numbered from 1 on; nobody has made as many.
    private const int FirstFreeIndex = 1 << 16;

    internal NetlinkSocket Netlink { get; } = netlink;

    /// <summary>The namespace this process runs in.</summary>
    public static RouteSocket OpenHere() => new(new NetlinkSocket(NETLINK.ROUTE));

    /// <summary>Another namespace: a socket belongs to the one it was opened in, so only its opening happens there.</summary>
    public static RouteSocket OpenIn(Netns netns) => netns.Run(OpenHere);

    /// <summary>ip link show dev NAME; null when there is none.</summary>
    public Link? FindLink(string name)
    {
        // The kernel would answer EINVAL or ERANGE to a name that no link can have.
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > IfName.MaxLength)
            return null;
        var message = GetLink(stackalloc byte[RequestSize], index: 0);
        message.Attributes<IFLA>().Put(IFLA.IFNAME, name);
        return FindLink(message, $"look up link {name}");
    }

    /// <summary>ip link show by index; null when there is none.</summary>
    public Link? FindLink(int index) => index <= 0 ? null : FindLink(GetLink(stackalloc byte[RequestSize], index), $"look up link {index}");

    /// <summary>ip link show dev NAME; throws <see cref="LinkNotFoundException"/> when there is none.</summary>
    public Link RequireLink(string name) => FindLink(name) ?? throw new LinkNotFoundException(name);

    /// <summary>ip link show.</summary>
    public IReadOnlyList<Link> Links() => Links(GetLink(stackalloc byte[RequestSize], index: 0));

    /// <summary>ip link show type KIND: the kernel passes over all others, which is most of the cost where there are thousands.</summary>
    public IReadOnlyList<Link> Links(string kind)
    {
        var message = GetLink(stackalloc byte[RequestSize], index: 0);
        using (var info = message.Attributes<IFLA>().Nest<IFLA_INFO>(IFLA.LINKINFO))
            info.Put(IFLA_INFO.KIND, kind);

        // A kernel that does not know the kind (its module is not loaded) passes over none.
        return [.. Links(message).Where(link => link.Kind == kind)];
    }

    /// <summary>ip -4|-6 netconf show dev all; null where the kernel lacks the family.</summary>
    public NetConfInfo? FindNetConf(IpFamily family)
    {
        var message = NetlinkMessage.Create(stackalloc byte[RequestSize], RTM.GETNETCONF, 0, new netconfmsg { ncm_family = (byte)family });
        message.Attributes<NETCONFA>().Put(NETCONFA.IFINDEX, NetConfInfo.AllLinks);
        return Netlink.Find(message, "show netconf of all links", NetConfInfo.Read, absent: Errno.EOPNOTSUPP);
    }

    /// <summary>ip link add …: makes a link and returns it as it came out; EEXIST when its name is taken.</summary>
    public Link Create(LinkSpec spec)
    {
        Execute(spec);
        return RequireLink(spec.Name);
    }

    /// <summary>
    /// ip link add link LOWER NAME netns POD …: the lower device is here, the link is born in the other namespace, under its own name.
    /// </summary>
    /// <remarks>
    /// A kernel before 6.15 (rtnl_newlink) looks for a link of that name here, although it is to be elsewhere. For a number it does not look
    /// for the name, so the link gets one that nobody has here.
    /// </remarks>
    public Link CreateIn(RouteSocket other, LinkSpec spec)
    {
        try
        {
            Execute(spec);
        }
        catch (NetlinkException e) when (e.Errno is Errno.EEXIST && FindLink(spec.Name) is not null && other.FindLink(spec.Name) is null)
        {
            int index;
            do
                index = Random.Shared.Next(FirstFreeIndex, FirstFreeIndex << 4);
            while (FindLink(index) is not null);
            Execute(spec with { Index = index });
        }

        return other.RequireLink(spec.Name);
    }

    /// <summary>
    /// Whether the kernel has links of a kind; asked by a request that it must refuse (macvlan without a lower device), so that nothing is made.
    /// </summary>
    public bool Knows(LinkSpec incomplete)
    {
        try
        {
            Execute(incomplete);
            return true;
        }
        catch (NetlinkException e)
        {
            return e.Errno is not Errno.EOPNOTSUPP;
        }
    }

    /// <summary>ip -batch: changes that leave in one send.</summary>
    public RouteBatch Batch() => new(this);

    public void Dispose() => Netlink.Dispose();

    private void Execute(LinkSpec spec)
    {
        Netlink.Execute(spec.Write(stackalloc byte[RequestSize]), $"create {spec.Kind} {spec.Name}");
        GC.KeepAlive(spec); // it holds the namespace whose descriptor is in the message
    }

    private List<Link> Links(NetlinkMessage message) =>
        Netlink.Dump<Link>(message, "list links", (reply, links) => links.Add(Link.Read(this, reply)));

    private static NetlinkMessage GetLink(Span<byte> buffer, int index)
    {
        var message = NetlinkMessage.Create(buffer, RTM.GETLINK, 0, new ifinfomsg { ifi_index = index });
        message.Attributes<IFLA>().Put(IFLA.EXT_MASK, (uint)RTEXT_FILTER.SKIP_STATS);
        return message;
    }

    private Link? FindLink(NetlinkMessage message, string what) =>
        Netlink.Find(message, what, reply => Link.Read(this, reply), absent: Errno.ENODEV);
}
