using CniPlugins.Cni;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Dhcp.Packets;

/// <summary>The routes that a server's answer means: classless ones alone if there are any (RFC 3442), else static ones and the router.</summary>
internal static class DhcpRoutes
{
    private const int LinkScope = 253;
    private static readonly Cidr Everything = new(IpAddress.V4(0), 0);

    public static IReadOnlyList<RouteConfig> Of(DhcpOptions options)
    {
        if (options.Find(OptionCode.ClasslessRoutes) is { Length: > 0 } classless && ReadClassless(classless) is { } routes)
            return routes;
        return
        [
            .. ReadClassful(options.Find(OptionCode.StaticRoutes) ?? []),
            .. options.Address(OptionCode.Routers) is { } router ? new[] { new RouteConfig(Everything, router) } : [],
        ];
    }

    /// <summary>Prefix length, as many bytes of the destination as it needs, router; null when that does not come out even.</summary>
    private static List<RouteConfig>? ReadClassless(ReadOnlySpan<byte> bytes)
    {
        var routes = new List<RouteConfig>();
        Span<byte> destination = stackalloc byte[4];
        while (!bytes.IsEmpty)
        {
            var length = bytes[0];
            var significant = (length + 7) / 8;
            if (length > 32 || bytes.Length < 1 + significant + 4)
                return null;
            destination.Clear();
            bytes.Slice(1, significant).CopyTo(destination);
            var router = IpAddress.FromBytes(bytes.Slice(1 + significant, 4));
            var network = new Cidr(IpAddress.FromBytes(destination), length).Network;
            routes.Add(router.Value == 0 ? new RouteConfig(network) { Scope = LinkScope } : new RouteConfig(network, router));
            bytes = bytes[(1 + significant + 4)..];
        }

        return routes;
    }

    /// <summary>Pairs of destination and router, the destination's class says its prefix (RFC 2132 section 5.8, which forbids the default route here).</summary>
    private static List<RouteConfig> ReadClassful(ReadOnlySpan<byte> bytes)
    {
        var routes = new List<RouteConfig>();
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            var prefix = bytes[0] switch { < 128 => 8, < 192 => 16, < 224 => 24, _ => 32 };
            var destination = new Cidr(IpAddress.FromBytes(bytes[..4]), prefix).Network;
            if (destination.Address.Value != 0)
                routes.Add(new RouteConfig(destination, IpAddress.FromBytes(bytes.Slice(4, 4))));
        }

        return routes;
    }
}
