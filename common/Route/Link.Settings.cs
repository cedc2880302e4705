using System.Runtime.InteropServices;
using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

internal sealed partial class Link
{
    /// <summary>Whether somebody set PROMISC as a flag; the kernel may have more reasons, see <see cref="IsPromiscuous"/>.</summary>
    public bool HasPromiscuousFlag => _flags.HasFlag(IFF.PROMISC);

    /// <summary>Whether it takes in every multicast frame.</summary>
    public bool IsAllMulticast => _flags.HasFlag(IFF.ALLMULTI);

    /// <summary>Whether it learns of routers from what others send: net.ipv6.conf.NAME.accept_ra. True where the kernel does not say.</summary>
    public bool AcceptsRouters => _acceptsRouters;

    /// <summary>Whether it lets others redirect what the host sends: accept_redirects of either family. True where the kernel does not say.</summary>
    public bool AcceptsRedirects => _acceptsRedirects4 || _acceptsRedirects6;

    /// <summary>Whether packets from and to 127.0.0.0/8 may pass it: net.ipv4.conf.NAME.route_localnet. False where the kernel does not say.</summary>
    public bool RoutesLocalnet { get; private set; }

    /// <summary>net.ipv6.conf.NAME.disable_ipv6; null where the kernel does not say, for want of IPv6.</summary>
    public bool? IsV6Disabled { get; private set; }

    private bool _acceptsRouters = true;
    private bool _acceptsRedirects4 = true;
    private bool _acceptsRedirects6 = true;

    /// <summary>ip link set dev NAME mtu BYTES.</summary>
    public void SetMtu(int mtu) =>
        Change(0, 0, $"set mtu {mtu} on {Name}", static (link, mtu) => link.Put(IFLA.MTU, mtu), mtu);

    /// <summary>ip link set dev NAME allmulticast on|off.</summary>
    public void SetAllMulticast(bool on) =>
        Change(on ? IFF.ALLMULTI : 0, IFF.ALLMULTI, $"set all-multicast mode on {Name}", static (_, _) => { }, 0);

    /// <summary>ip link set dev NAME txqueuelen PACKETS.</summary>
    public void SetTxQueueLength(uint length) =>
        Change(0, 0, $"set transmit queue length {length} on {Name}", static (link, length) => link.Put(IFLA.TXQLEN, length), length);

    /// <summary>Several settings at once.</summary>
    public void Configure(LinkChange change) => _socket.Batch().Configure(this, change).Commit();

    internal NetlinkMessage ChangeRequest(Span<byte> buffer, LinkChange change)
    {
        var message = Request(buffer, RTM.NEWLINK);
        var link = message.Attributes<IFLA>();
        if (change.Alias is { } alias)
            PutAlias(link, alias);
        if (change.Mtu is { } mtu)
            link.Put(IFLA.MTU, mtu);
        if (change.Mac is { } mac)
            link.Put(IFLA.ADDRESS, mac);
        if (change.MasterIndex is { } master)
            link.Put(IFLA.MASTER, master);
        if ((change.AcceptRedirects ?? change.ArpNotify ?? change.RouteLocalnet ?? change.ProxyArp ?? change.Forwards ?? change.FiltersSources) is not null)
            PutSysctls(link, change);
        if (change.Port is { } port)
            PutPort(link, port);
        return message;
    }

    private static void PutSysctls(Attributes<IFLA> link, LinkChange change)
    {
        using var families = link.Nest<AF>(IFLA.AF_SPEC);
        using var inet = families.Nest<IFLA_INET>(AF.INET);
        using var conf = inet.Nest<IPV4_DEVCONF>(IFLA_INET.CONF);
        Put(conf, IPV4_DEVCONF.ACCEPT_REDIRECTS, change.AcceptRedirects);
        Put(conf, IPV4_DEVCONF.ARP_NOTIFY, change.ArpNotify);
        Put(conf, IPV4_DEVCONF.ROUTE_LOCALNET, change.RouteLocalnet);
        Put(conf, IPV4_DEVCONF.PROXY_ARP, change.ProxyArp);
        Put(conf, IPV4_DEVCONF.FORWARDING, change.Forwards);
        Put(conf, IPV4_DEVCONF.RP_FILTER, change.FiltersSources);
    }

    private static void Put(Attributes<IPV4_DEVCONF> conf, IPV4_DEVCONF setting, bool? on)
    {
        if (on is { } value)
            conf.Put(setting, value ? 1 : 0);
    }

    /// <summary>The settings below /proc/sys/net, which a link brings along: numbers of four bytes, by their places.</summary>
    private void ReadSettings(AttributeReader<AF> families)
    {
        foreach (var family in families)
        {
            if (family.Type == AF.INET)
            {
                foreach (var attribute in family.Nested<IFLA_INET>())
                {
                    if (attribute.Type != IFLA_INET.CONF)
                        continue;
                    _acceptsRedirects4 = IsOn(attribute.Bytes, (int)IPV4_DEVCONF.ACCEPT_REDIRECTS - 1) ?? true;
                    RoutesLocalnet = IsOn(attribute.Bytes, (int)IPV4_DEVCONF.ROUTE_LOCALNET - 1) ?? false;
                }
            }
            else if (family.Type == AF.INET6)
            {
                foreach (var attribute in family.Nested<IFLA_INET6>())
                {
                    if (attribute.Type != IFLA_INET6.CONF)
                        continue;
                    _acceptsRouters = IsOn(attribute.Bytes, (int)DEVCONF.ACCEPT_RA) ?? true;
                    _acceptsRedirects6 = IsOn(attribute.Bytes, (int)DEVCONF.ACCEPT_REDIRECTS) ?? true;
                    IsV6Disabled = IsOn(attribute.Bytes, (int)DEVCONF.DISABLE_IPV6);
                }
            }
        }
    }

    private static bool? IsOn(ReadOnlySpan<byte> settings, int place) =>
        settings.Length < (place + 1) * sizeof(int) ? null : MemoryMarshal.Read<int>(settings[(place * sizeof(int))..]) != 0;
}
