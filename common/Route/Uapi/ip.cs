// linux/ip.h
namespace CniPlugins.Route.Uapi;

/// <summary>Settings of a link for IPv4; in IFLA_INET_CONF the first one stands at 0.</summary>
internal enum IPV4_DEVCONF : ushort
{
    ACCEPT_REDIRECTS = 4,
    ARP_NOTIFY = 22,
    ROUTE_LOCALNET = 26,
}
