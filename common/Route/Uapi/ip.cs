// linux/ip.h
namespace CniPlugins.Route.Uapi;

/// <summary>Settings of a link for IPv4; in IFLA_INET_CONF the first one stands at 0.</summary>
internal enum IPV4_DEVCONF : ushort
{
    FORWARDING = 1,
    PROXY_ARP = 3,
    ACCEPT_REDIRECTS = 4,
    RP_FILTER = 8,
    ARP_NOTIFY = 22,
    ROUTE_LOCALNET = 26,
}
