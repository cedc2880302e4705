using CniPlugins.Cni;
using CniPlugins.Net;

namespace CniPlugins.Calico;

/// <summary>Where a pod's packets go by its gateway: everywhere, or where the address plugin's <c>routes</c> say.</summary>
internal static class PodRoutes
{
    private static readonly Cidr[] Everywhere = [Cidr.Parse("0.0.0.0/0"), Cidr.Parse("::/0")];

    public static IReadOnlyList<Cidr> Of(Request request, CalicoConfig config)
    {
        var own = (request.Conf.Root.Object("ipam")?.Objects("routes") ?? []).Select(Destination).ToList();
        return own.Count == 0 ? Everywhere : config.IncludesDefaultRoutes ? [.. Everywhere, .. own.Except(Everywhere)] : own;
    }

    private static Cidr Destination(ConfigObject route) => route.Cidr("dst")?.Network ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, "ipam.routes: a route without dst");
}
