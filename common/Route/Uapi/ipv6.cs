// linux/ipv6.h
namespace CniPlugins.Route.Uapi;

/// <summary>Settings of a link for IPv6, by their places in IFLA_INET6_CONF.</summary>
internal enum DEVCONF
{
    ACCEPT_RA = 3,
    ACCEPT_REDIRECTS = 4,
    DISABLE_IPV6 = 26,
}
