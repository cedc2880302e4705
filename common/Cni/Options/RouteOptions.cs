namespace CniPlugins.Cni.Options;

/// <summary>The <c>routes</c> of an IPAM section or of a result.</summary>
internal static class RouteOptions
{
    /// <summary>Reads them; none when the key is absent.</summary>
    public static IReadOnlyList<RouteConfig> Read(OptionReader holder, string since = "") =>
        holder.List("routes", "Routes for the pod, which go into the result.", ReadRoute, since) ?? [];

    private static RouteConfig ReadRoute(OptionReader json)
    {
        var destination = json.RequiredCidr("dst", "Where it leads: a network.");
        var route = new RouteConfig(destination ?? default, json.Address("gw", "The next hop; when absent, the gateway of the address."))
        {
            Mtu = json.Int("mtu", "The MTU of the route in bytes; 0 is the interface's.", since: "1.5.0"),
            AdvMss = json.Int("advmss", "The segment size to announce to TCP peers; 0 is the kernel's choice.", since: "1.5.0"),
            Priority = json.Int("priority", "The metric; 0 is the kernel's choice.", since: "1.5.0"),
            Table = json.IntOrNull("table", "The routing table's number; when absent, the main table.", since: "1.5.1"),
            Scope = json.IntOrNull("scope", "The scope's number; when absent, the kernel's choice.", since: "1.5.1"),
        };
        if (json.IsSurvey && destination is not null)
            Advise(json, route);
        return route;
    }

    private static void Advise(OptionReader json, RouteConfig route)
    {
        var to = route.Destination;
        if (to.Network != to)
            json.Advise("dst", $"has host bits set; the network is {to.Network}");
        if (route.Gateway is { } gateway && gateway.IsV6 != to.Address.IsV6)
            json.Advise("gw", $"the gateway {gateway} is of another address family than {to}, and no pod can have that route");
    }
}
