using CniPlugins.Cni;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Bridge;

/// <summary>Who the pod sends its traffic to: IPAM's addresses and routes, completed by what the bridge itself can be (plugins/main/bridge/bridge.go, calcGateways).</summary>
internal sealed class Gateways
{
    /// <summary>The pod's end is always the third interface of the result.</summary>
    private const int PodInterface = 2;

    public Gateways(BridgeConfig config, CniResult leased)
    {
        Ips = leased.Ips.Select(ip => ip with { Interface = PodInterface, Gateway = ip.Gateway ?? Default(config, ip.Address) }).ToList();
        Routes = config.IsDefaultGateway ? WithDefaults(leased.Routes, Ips) : leased.Routes;
        OnBridge = config.IsGateway
            ? Ips.Where(ip => ip.Gateway is not null).Select(ip => new Cidr(ip.Gateway!.Value, ip.Address.PrefixLength)).OrderBy(gateway => gateway.Address.IsV6).ToList()
            : [];
    }

    public IReadOnlyList<IpConfig> Ips { get; }

    public IReadOnlyList<RouteConfig> Routes { get; }

    /// <summary>The addresses the bridge has to have, IPv4 first; none unless it is the gateway.</summary>
    public IReadOnlyList<Cidr> OnBridge { get; }

    /// <summary>The first address of the subnet, if the bridge is to be the gateway and IPAM named none.</summary>
    private static IpAddress? Default(BridgeConfig config, Cidr address) => config.IsGateway ? address.First.Next : null;

    /// <summary>
    /// A default route per family. A default route of IPAM's without a gateway goes to the same gateway anyway; upstream adds a second one then
    /// and fails with "file exists". In a table of its own it is another route.
    /// </summary>
    private static List<RouteConfig> WithDefaults(IReadOnlyList<RouteConfig> routes, IReadOnlyList<IpConfig> ips)
    {
        var all = routes.ToList();
        foreach (var ip in ips)
        {
            var isV6 = ip.Address.Address.IsV6;
            var everything = new Cidr(isV6 ? IpAddress.V6(0) : IpAddress.V4(0), 0);
            if (ip.Gateway is { } gateway && !all.Any(route => route.Destination.Network == everything && (route.Gateway is not null || IsInMainTable(route))))
                all.Add(new RouteConfig(everything, gateway));
        }

        return all;
    }

    private static bool IsInMainTable(RouteConfig route) => route.Table is null or 0 or (int)RouteSpec.MainTable;
}
