namespace CniPlugins.Cni;

/// <summary>Writes a result in the shape of any version of the specification, member for member as upstream does (CNI specification, section 5).</summary>
internal static class ResultWriter
{
    /// <summary>The result as a document for a plugin's stdout.</summary>
    public static byte[] Write(CniResult result, CniVersion version) => Write(result, version, version.Text);

    /// <summary>The result in the shape of one version under the label of another: what upstream's loopback answers to old configs.</summary>
    public static byte[] Write(CniResult result, CniVersion shape, string label) =>
        JsonText.Write(writer => Write(writer, result, shape, label));

    /// <summary>
    /// The result as a member of a larger document (prevResult, a cache entry). One without addresses has no oldest shape, unless it came in that one (<paramref name="isBare"/>).
    /// </summary>
    public static void Write(JsonWriter writer, CniResult result, CniVersion shape, string label, bool isBare = false)
    {
        writer.WriteStartObject();
        if (shape >= CniVersion.V100)
            WriteNewest(writer, result, label);
        else if (shape >= CniVersion.V030)
            WriteMiddle(writer, result, label);
        else
            WriteOldest(writer, result, label, isBare);
        writer.WriteEndObject();
    }

    /// <summary>1.0.0 and 1.1.0: members in alphabetical order at every level, empty ones left out.</summary>
    private static void WriteNewest(JsonWriter writer, CniResult result, string label)
    {
        writer.WriteString("cniVersion", label);
        if (!result.Dns.IsEmpty)
        {
            writer.WriteStartObject("dns");
            writer.WriteUnlessEmpty("domain", result.Dns.Domain);
            writer.WriteUnlessEmpty("nameservers", result.Dns.Nameservers);
            writer.WriteUnlessEmpty("options", result.Dns.Options);
            writer.WriteUnlessEmpty("search", result.Dns.Search);
            writer.WriteEndObject();
        }

        WriteList(writer, "interfaces", result.Interfaces, link =>
        {
            writer.WriteUnlessEmpty("mac", link.Mac);
            writer.WriteUnlessZero("mtu", link.Mtu);
            writer.WriteString("name", link.Name);
            writer.WriteUnlessEmpty("pciID", link.PciId);
            writer.WriteUnlessEmpty("sandbox", link.Sandbox);
            writer.WriteUnlessEmpty("socketPath", link.SocketPath);
        });
        WriteList(writer, "ips", result.Ips, ip =>
        {
            writer.WriteString("address", ip.Address.ToString());
            writer.WriteUnlessEmpty("gateway", ip.Gateway?.ToString() ?? "");
            if (ip.Interface is { } index)
                writer.WriteNumber("interface", index);
        });
        WriteList(writer, "routes", result.Routes, route =>
        {
            writer.WriteUnlessZero("advmss", route.AdvMss);
            writer.WriteString("dst", route.Destination.ToString());
            writer.WriteUnlessEmpty("gw", route.Gateway?.ToString() ?? "");
            writer.WriteUnlessZero("mtu", route.Mtu);
            writer.WriteUnlessZero("priority", route.Priority);
            if (route.Scope is { } scope)
                writer.WriteNumber("scope", scope);
            if (route.Table is { } table)
                writer.WriteNumber("table", table);
        });
    }

    /// <summary>0.3.0 to 0.4.0: addresses say their family, dns is always there.</summary>
    private static void WriteMiddle(JsonWriter writer, CniResult result, string label)
    {
        writer.WriteString("cniVersion", label);
        WriteList(writer, "interfaces", result.Interfaces, link =>
        {
            writer.WriteString("name", link.Name);
            writer.WriteUnlessEmpty("mac", link.Mac);
            writer.WriteUnlessEmpty("sandbox", link.Sandbox);
        });
        WriteList(writer, "ips", result.Ips, ip =>
        {
            writer.WriteString("version", ip.Address.Address.IsV6 ? "6" : "4");
            if (ip.Interface is { } index)
                writer.WriteNumber("interface", index);
            writer.WriteString("address", ip.Address.ToString());
            writer.WriteUnlessEmpty("gateway", ip.Gateway?.ToString() ?? "");
        });
        WriteList(writer, "routes", result.Routes, route =>
        {
            WriteOldRoute(writer, route);
            writer.WriteUnlessZero("mtu", route.Mtu);
            writer.WriteUnlessZero("advmss", route.AdvMss);
            writer.WriteUnlessZero("priority", route.Priority);
            if (route.Table is { } table)
                writer.WriteNumber("table", table);
            if (route.Scope is { } scope)
                writer.WriteNumber("scope", scope);
        });
        WriteOldDns(writer, result.Dns);
    }

    /// <summary>0.1.0 and 0.2.0: the first address of each family with the routes of that family; no interfaces.</summary>
    private static void WriteOldest(JsonWriter writer, CniResult result, string label, bool isBare)
    {
        if (result.Ips.Count == 0 && !isBare)
            throw new CniException("cannot convert: no valid IP addresses");
        writer.WriteString("cniVersion", label);
        foreach (var (name, isV6) in new[] { ("ip4", false), ("ip6", true) })
        {
            if (result.Ips.FirstOrDefault(ip => ip.Address.Address.IsV6 == isV6) is not { } first)
                continue;
            writer.WriteStartObject(name);
            writer.WriteString("ip", first.Address.ToString());
            writer.WriteUnlessEmpty("gateway", first.Gateway?.ToString() ?? "");
            WriteList(writer, "routes", result.Routes.Where(route => route.Destination.Address.IsV6 == isV6).ToList(), route => WriteOldRoute(writer, route));
            writer.WriteEndObject();
        }

        WriteOldDns(writer, result.Dns);
    }

    private static void WriteOldRoute(JsonWriter writer, RouteConfig route)
    {
        writer.WriteString("dst", route.Destination.ToString());
        writer.WriteUnlessEmpty("gw", route.Gateway?.ToString() ?? "");
    }

    private static void WriteOldDns(JsonWriter writer, Dns dns)
    {
        writer.WriteStartObject("dns");
        writer.WriteUnlessEmpty("nameservers", dns.Nameservers);
        writer.WriteUnlessEmpty("domain", dns.Domain);
        writer.WriteUnlessEmpty("search", dns.Search);
        writer.WriteUnlessEmpty("options", dns.Options);
        writer.WriteEndObject();
    }

    private static void WriteList<T>(JsonWriter writer, string name, IReadOnlyList<T> items, Action<T> write)
    {
        if (items.Count == 0)
            return;
        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            writer.WriteStartObject();
            write(item);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
