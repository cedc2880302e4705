using System.Text.Json;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Ipam.HostLocal;

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
        CheckOptions(plugin, type, version ?? CniVersion.V110);
        CheckCapabilities(plugin, type);
        if (plugin.Object("ipam") is { } ipam)
            CheckIpam(ipam, plugin);
    }

    /// <summary>What the plugins themselves find wrong: the one that is called, and the one that it asks for addresses.</summary>
    private static void CheckOptions(Node plugin, string type, CniVersion version)
    {
        var survey = new Survey { Version = version };
        var options = survey.Read(plugin.Element, plugin.Path);
        CommonOptions.Declare(options);
        if (KnownPlugins.Find(type) is { } main)
        {
            if (version < main.Versions[0])
                plugin.Error($"{type} needs cniVersion {main.Versions[0]} or newer, the network has {version}");
            survey.Guard(options, () => main.Declare(options));
            if (Survey.Describe(main.Declare).Count > 0)
                survey.Close(options);
        }

        var ipamType = CommonOptions.IpamType(options);
        var isWhole = type != "flannel"; // which adds the ranges
        if (isWhole && KnownPlugins.Find(ipamType) is { Role: PluginRole.Ipam } ipam && PluginSchemas.FindIpam(ipamType) is null)
        {
            survey.Guard(options, () => ipam.Declare(options));
            survey.Close(options.Section("ipam"));
            if (type == "bridge" && ipamType == "host-local")
                CheckGateways(new Survey { Version = version }.Read(plugin.Element, plugin.Path), plugin);
        }

        plugin.Findings.AddRange(survey.Finish().Where(finding => !plugin.Findings.Contains(finding)));
    }

    private static void CheckCapabilities(Node plugin, string type)
    {
        var ipamType = plugin.Object("ipam")?.Text("type") ?? "";
        var (own, ipam) = (CapabilitiesOf(type), CapabilitiesOf(ipamType));
        foreach (var member in plugin.Object("capabilities")?.Members ?? [])
        {
            var capability = plugin.Object("capabilities")!.At(member.Name, member.Value);
            if (member.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null))
                capability.Error("must be true or false");
            else if (own?.Contains(member.Name) == false && ipam?.Contains(member.Name) != true && (ipam is not null || ipamType.Length == 0))
                capability.Warn($"nothing in this plugin uses the capability \"{member.Name}\"");
        }
    }

    /// <summary>A bridge has one IPv4 address unless it may replace it, and the second gateway is refused when the first pod comes.</summary>
    private static void CheckGateways(OptionReader options, Node plugin)
    {
        if (!(plugin.Flag("isGateway") || plugin.Flag("isDefaultGateway")) || plugin.Flag("forceAddress"))
            return;
        var sets = HostLocalConfig.Read(options).RangeSets.Where(set => !set.IsV6).ToList();
        if (sets.Count > 1 && sets.Select(set => set.Ranges[0].Gateway).Distinct().Count() > 1)
            plugin.Object("ipam")!.Error($"{sets.Count} IPv4 range sets are {sets.Count} gateways, and the bridge takes one IPv4 address: set forceAddress, or leave isGateway out");
    }

    /// <summary>Null for a plugin that is not known.</summary>
    private static IReadOnlyList<string>? CapabilitiesOf(string type) =>
        PluginSchemas.FindIpam(type)?.Capabilities
        ?? (KnownPlugins.Find(type) is { } plugin ? KnownPlugins.CapabilitiesOf(plugin) : null);

    private void CheckIpam(Node ipam, Node plugin)
    {
        var type = ipam.Text("type") ?? "";
        if (type.Length == 0)
        {
            // What plugins do with an empty section differs; for a bridge it is the same as none.
            if (ipam.Members.Any() && !ipam.Has("type") && plugin.Text("type") != "flannel") // which adds one
                ipam.Error("the section has no \"type\"");
            return;
        }

        CheckExecutable(ipam.Find("type")!, type);
        PluginSchemas.FindIpam(type)?.Keys.Check(ipam);
    }

    /// <summary>Without CNI_PATH nobody knows where to look, and only the name itself can be judged.</summary>
    private void CheckExecutable(Node node, string type)
    {
        if (pluginPath.Count == 0 && !type.Contains('/', StringComparison.Ordinal))
        {
            if (OtherPlugins.Describe(type) is { } remark)
                node.Warn(remark);
            return;
        }

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
