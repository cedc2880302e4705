using System.Text.Json;
using CniPlugins.Net;

namespace CniPlugins.Cnitool.Validation;

/// <summary>Routes, name servers and fixed addresses, wherever they stand.</summary>
internal static class AddressChecks
{
    public static void CheckStatic(Node ipam, Node plugin)
    {
        CheckRoutes(ipam);
        if (ipam.Object("dns") is { } dns)
            CheckDns(dns);
        foreach (var entry in ipam.List("addresses"))
            CheckStaticAddress(entry);
        if (!ipam.List("addresses").Any() && plugin.Object("capabilities")?.Flag("ips") != true)
            ipam.Warn("no addresses, and no capability \"ips\" through which a runtime could give some");
    }

    public static void CheckRoutes(Node ipam)
    {
        foreach (var route in ipam.List("routes"))
        {
            PluginSchemas.Route.Check(route);
            if (!route.Has("dst"))
                route.Error("the route has no \"dst\"");
            var destination = route.Cidr("dst");
            var gateway = route.Address("gw");
            if (destination is { } network && network.Network != network)
                route.Find("dst")!.Warn($"has host bits set; the network is {network.Network}");
            if (destination is { } to && gateway is { } via && to.Address.IsV6 != via.IsV6)
                route.Find("gw")!.Error($"the gateway {via} is of another address family than {to}");
        }
    }

    public static void CheckDns(Node dns)
    {
        PluginSchemas.Dns.Check(dns);
        foreach (var server in dns.List("nameservers"))
        {
            if (server.AsText is { } text && !IpAddress.TryParse(text, out _))
                server.Warn($"\"{text}\" is no IP address; resolvers accept nothing else");
        }
    }

    /// <summary>Upstream lets a gateway be anywhere; outside the subnet it cannot be reached without a further route.</summary>
    public static void WarnUnlessInside(Node holder, string key, IpAddress? gateway, Cidr network)
    {
        if (gateway is { } address && !network.Contains(address))
            holder.Find(key)!.Warn($"the gateway {address} is outside the subnet {network.Network}");
    }

    private static void CheckStaticAddress(Node entry)
    {
        PluginSchemas.StaticAddress.Check(entry);
        if (entry.Element.ValueKind == JsonValueKind.Object && !entry.Has("address"))
            entry.Error("the entry has no \"address\"");
        if (entry.Find("address") is not { AsText: { } text } address)
            return;
        var gateway = entry.Address("gateway");
        if (!Cidr.TryParse(text, out var cidr))
        {
            address.Error($"the 'address' field is expected to be in CIDR notation, got: '{text}'");
            return;
        }

        WarnUnlessInside(entry, "gateway", gateway, cidr);
        if (cidr.Address.Bits - cidr.PrefixLength >= 2 && cidr.Network == cidr)
            address.Warn($"{text} is the network's own address, no host's");
    }
}
