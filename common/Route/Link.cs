using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>A link as it was when it was read, bound to the namespace it is in; a change shows in what <see cref="Refresh"/> returns.</summary>
internal sealed partial class Link
{
    private readonly RouteSocket _socket;

    private Link(RouteSocket socket) => _socket = socket;

    public int Index { get; private set; }

    public string Name { get; private set; } = "";

    /// <summary>The hardware address; null when the device has none of six bytes.</summary>
    public MacAddress? Mac { get; private set; }

    public int Mtu { get; private set; }

    public uint TxQueueLength { get; private set; }

    public string Alias { get; private set; } = "";

    /// <summary>"veth", "bridge", …; empty for what nobody created by a request (lo, hardware).</summary>
    public string Kind { get; private set; } = "";

    /// <summary>What only links of its kind have; null where that is not looked at.</summary>
    public LinkData? Data { get; private set; }

    public bool IsUp => _flags.HasFlag(IFF.UP);

    public bool IsLoopback => _flags.HasFlag(IFF.LOOPBACK);

    /// <summary>Whether it takes in every frame, on whoever's wish.</summary>
    public bool IsPromiscuous { get; private set; }

    public OperState OperState { get; private set; }

    /// <summary>The bridge or other device it is a port of.</summary>
    public int? MasterIndex { get; private set; }

    /// <summary>IFLA_LINK: the other end of a veth, the device that a vlan or macvlan stands on; an index in the namespace <see cref="PeerNetnsId"/> names.</summary>
    public int? PeerIndex { get; private set; }

    /// <summary>The id under which this namespace knows the peer's; null when it is this one.</summary>
    public int? PeerNetnsId { get; private set; }

    private IFF _flags;

    /// <summary>The same link now; null when it is gone.</summary>
    public Link? Refresh() => _socket.FindLink(Index);

    /// <summary>ip link set dev NAME up.</summary>
    public void SetUp() => _socket.Batch().SetUp(this).Commit();

    /// <summary>ip link set dev NAME down.</summary>
    public void SetDown() => Change(0, IFF.UP, $"set {Name} down", static (_, _) => { }, 0);

    /// <summary>ip link set dev NAME promisc on|off.</summary>
    public void SetPromiscuous(bool on) =>
        Change(on ? IFF.PROMISC : 0, IFF.PROMISC, $"set promiscuous mode on {Name}", static (_, _) => { }, 0);

    /// <summary>ip link set dev NAME address MAC.</summary>
    public void SetMac(MacAddress mac) =>
        Change(0, 0, $"set address {mac} on {Name}", static (link, mac) => link.Put(IFLA.ADDRESS, mac), mac);

    /// <summary>ip link set dev NAME alias TEXT; an empty text takes the alias away.</summary>
    public void SetAlias(string alias) =>
        Change(0, 0, $"set alias of {Name}", static (link, alias) => PutAlias(link, alias), alias);

    /// <summary>ip link del dev NAME; false when it is gone already.</summary>
    public bool Delete()
    {
        var message = Request(stackalloc byte[RouteSocket.RequestSize], RTM.DELLINK);
        try
        {
            _socket.Netlink.Execute(message, $"delete link {Name}");
            return true;
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENODEV)
        {
            return false;
        }
    }

    /// <summary>ip link set dev NAME group NUMBER; false when it is gone.</summary>
    public bool TrySetGroup(int group)
    {
        try
        {
            Change(0, 0, $"set group of {Name}", static (link, group) => link.Put(IFLA.GROUP, group), group);
            return true;
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENODEV)
        {
            return false;
        }
    }

    public override string ToString() => Name;

    /// <summary>A request about this link, by index: names can be taken over.</summary>
    internal NetlinkMessage Request(Span<byte> buffer, RTM type, IFF flags = 0, IFF change = 0) =>
        NetlinkMessage.Create(buffer, type, 0, new ifinfomsg { ifi_index = Index, ifi_flags = flags, ifi_change = change });

    /// <summary>IFLA_IFALIAS counts its bytes: a NUL would become part of the alias.</summary>
    private static void PutAlias(Attributes<IFLA> link, string alias) => link.PutCounted(IFLA.IFALIAS, alias);

    private delegate void AttributeWriter<in T>(Attributes<IFLA> link, T value);

    private void Change<T>(IFF flags, IFF change, string what, AttributeWriter<T> write, T value)
    {
        var message = Request(stackalloc byte[RouteSocket.RequestSize], RTM.NEWLINK, flags, change);
        write(message.Attributes<IFLA>(), value);
        _socket.Netlink.Execute(message, what);
    }
}
