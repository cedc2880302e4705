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

    /// <summary>The settings below /proc/sys/net, which a link brings along: numbers of four bytes, by their places.</summary>
    private void ReadSettings(AttributeReader<AF> families)
    {
        foreach (var family in families)
        {
            if (family.Type == AF.INET)
            {
                foreach (var attribute in family.Nested<IFLA_INET>())
                {
                    if (attribute.Type == IFLA_INET.CONF)
                        _acceptsRedirects4 = IsOn(attribute.Bytes, (int)IPV4_DEVCONF.ACCEPT_REDIRECTS - 1);
                }
            }
            else if (family.Type == AF.INET6)
            {
                foreach (var attribute in family.Nested<IFLA_INET6>())
                {
                    if (attribute.Type != IFLA_INET6.CONF)
                        continue;
                    _acceptsRouters = IsOn(attribute.Bytes, (int)DEVCONF.ACCEPT_RA);
                    _acceptsRedirects6 = IsOn(attribute.Bytes, (int)DEVCONF.ACCEPT_REDIRECTS);
                }
            }
        }
    }

    private static bool IsOn(ReadOnlySpan<byte> settings, int place) =>
        settings.Length < (place + 1) * sizeof(int) || MemoryMarshal.Read<int>(settings[(place * sizeof(int))..]) != 0;
}
