using System.Text.Json;
using CniPlugins.Cni;

namespace CniPlugins.Cnitool.Validation;

/// <summary>Checks one plugin's object: what holds for every plugin here, what is special to one in the classes it calls.</summary>
internal sealed class PluginValidator(IReadOnlyList<string> pluginPath)
{
    public void Check(Node plugin, CniVersion? version)
    {
        if (plugin.Element.ValueKind != JsonValueKind.Object)
        {
            plugin.Error("must be an object");
            return;
        }

        var type = plugin.Text("type") ?? "";
        if (type.Length == 0 && plugin.Find("type") is null or { AsText.Length: 0 })
            plugin.Error("the plugin has no \"type\"");
        else if (plugin.Find("type") is { AsText: not null } typeNode)
            CheckExecutable(typeNode, type);
        if (PluginSchemas.Find(type) is { } schema)
            CheckKnown(plugin, type, schema, version);
        if (plugin.Object("dns") is { } dns)
            AddressChecks.CheckDns(dns);
        if (plugin.Object("ipam") is { } ipam)
            CheckIpam(ipam, plugin);
    }

    private void CheckKnown(Node plugin, string type, PluginSchema schema, CniVersion? version)
    {
        (plugin.Object("ipam")?.Text("type") == "calico-ipam" ? schema.Keys.With(PluginSchemas.Calico) : schema.Keys).Check(plugin);
        if (version is not null && version < CniVersion.Parse(schema.Least))
            plugin.Error($"{type} needs cniVersion {schema.Least} or newer, the network has {version}");
        CheckCapabilities(plugin, schema);
        if (plugin.Number("mtu") is { } mtu && (mtu < 0 || mtu > int.MaxValue))
            plugin.Find("mtu")!.Error($"invalid MTU {mtu}");
        switch (type)
        {
            case "bridge":
                BridgeChecks.Check(plugin);
                break;
            case "ptp" when !plugin.Has("ipam"):
                plugin.Error("ptp needs addresses: there is no \"ipam\"");
                break;
            case "portmap" or "bandwidth" or "firewall" or "tuning":
                ChainedChecks.Check(plugin, type);
                break;
            default:
                DeviceChecks.Check(plugin, type);
                break;
        }
    }

    private static void CheckCapabilities(Node plugin, PluginSchema schema)
    {
        var ipamType = plugin.Object("ipam")?.Text("type") ?? "";
        var ipam = PluginSchemas.FindIpam(ipamType);
        foreach (var member in plugin.Object("capabilities")?.Members ?? [])
        {
            var capability = plugin.Object("capabilities")!.At(member.Name, member.Value);
            if (member.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null))
                capability.Error("must be true or false");
            else if (!schema.Capabilities.Contains(member.Name) && ipam?.Capabilities.Contains(member.Name) != true && (ipam is not null || ipamType.Length == 0))
                capability.Warn($"nothing in this plugin uses the capability \"{member.Name}\"");
        }
    }

    private void CheckIpam(Node ipam, Node plugin)
    {
        var type = ipam.Text("type") ?? "";
        if (type.Length == 0)
        {
            // What plugins do with an empty section differs; for a bridge it is the same as none.
            if (ipam.Members.Any())
                ipam.Error("the section has no \"type\"");
            return;
        }

        CheckExecutable(ipam.Find("type")!, type);
        PluginSchemas.FindIpam(type)?.Keys.Check(ipam);
        if (type == "host-local")
            HostLocalChecks.Check(ipam, plugin);
        else if (type == "static")
            AddressChecks.CheckStatic(ipam, plugin);
        else if (type == "calico-ipam")
            CalicoChecks.Check(ipam, plugin);
    }

    /// <summary>Without CNI_PATH nobody knows where to look, and only the name itself can be judged.</summary>
    private void CheckExecutable(Node node, string type)
    {
        if (pluginPath.Count == 0 && !type.Contains('/', StringComparison.Ordinal))
            return;
        try
        {
            _ = Cni.DelegatedPlugin.Find(type, pluginPath);
        }
        catch (CniException e)
        {
            node.Error(e.Message);
        }
    }
}
