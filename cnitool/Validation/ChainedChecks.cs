using System.Text.Json;
using CniPlugins.Net;

namespace CniPlugins.Cnitool.Validation;

/// <summary>Plugins that add to what another one made (portmap.md, bandwidth.md, firewall.md, tuning.md).</summary>
internal static class ChainedChecks
{
    public static void Check(Node plugin, string type)
    {
        switch (type)
        {
            case "portmap":
                CheckPortmap(plugin);
                break;
            case "bandwidth":
                CheckBandwidth(plugin);
                break;
            case "firewall":
                CheckFirewall(plugin);
                break;
            default:
                CheckTuning(plugin);
                break;
        }
    }

    private static void CheckPortmap(Node plugin)
    {
        if (plugin.Object("capabilities")?.Flag("portMappings") != true)
            plugin.Warn("\"capabilities\": {\"portMappings\": true} is missing, so no runtime will give it port mappings");
        if (plugin.Find("backend") is { AsText: { Length: > 0 } name } backend && name is not ("iptables" or "nftables"))
            backend.Error($"unrecognized backend \"{name}\"");
        if (plugin.Number("markMasqBit") is { } bit && bit is < 0 or > 31)
            plugin.Find("markMasqBit")!.Error("MasqMarkBit must be between 0 and 31");
        if (plugin.Has("markMasqBit") && plugin.Text("externalSetMarkChain") is { Length: > 0 })
            plugin.Error("Cannot specify externalSetMarkChain and markMasqBit");
        if (plugin.Text("backend") == "nftables" && plugin.Find("externalSetMarkChain") is { } chain)
            chain.Error("nftables backend was requested but configuration contains iptables-specific options [externalSetMarkChain]");
    }

    private static void CheckBandwidth(Node plugin)
    {
        var isStatic = false;
        foreach (var direction in new[] { "ingress", "egress" })
        {
            var (rate, burst) = (plugin.Number($"{direction}Rate"), plugin.Number($"{direction}Burst"));
            isStatic |= rate is not null || burst is not null;
            if (rate < 0 || burst < 0)
                plugin.Find(rate < 0 ? $"{direction}Rate" : $"{direction}Burst")!.Error("must not be negative");
            else if (rate > 0 && burst is null or 0)
                plugin.Find($"{direction}Rate")!.Error($"if rate is set, burst must also be set ({direction}Burst)");
            else if (burst > 0 && rate is null or 0)
                plugin.Find($"{direction}Burst")!.Error($"if burst is set, rate must also be set ({direction}Rate)");
            if (burst / 8 >= uint.MaxValue)
                plugin.Find($"{direction}Burst")!.Error("burst cannot be more than 4GB");
            else if (rate is > 0 and < 8 && burst > 0)
                plugin.Find($"{direction}Rate")!.Error($"{direction}Rate {rate} is less than a byte in a second");
        }

        if (!isStatic && plugin.Object("capabilities")?.Flag("bandwidth") != true)
            plugin.Warn("neither rates nor \"capabilities\": {\"bandwidth\": true}: it limits nothing");
    }

    private static void CheckFirewall(Node plugin)
    {
        if (plugin.Find("backend") is { AsText: { Length: > 0 } name } backend && name is not ("iptables" or "nftables"))
        {
            if (name == "firewalld")
                backend.Error("firewalld is not supported: leave the backend out, and let firewalld admit the network's subnet");
            else
                backend.Warn($"unknown backend \"{name}\": one is chosen automatically");
        }

        if (plugin.Find("ingressPolicy") is { AsText: { Length: > 0 } text } policy && text is not ("open" or "same-bridge" or "isolated"))
            policy.Error($"unknown ingress policy: \"{text}\"");
    }

    private static void CheckTuning(Node plugin)
    {
        if (plugin.Find("mac") is { AsText: { Length: > 0 } text } mac && !MacAddress.TryParse(text, out _))
            mac.Error($"invalid MAC address: {text}");
        else if (plugin.Text("mac") is { Length: > 0 } given && MacAddress.TryParse(given, out var address) && address.IsGroup)
            plugin.Find("mac")!.Error($"{given} is the address of a group, which no interface can have");
        if (plugin.Number("txQLen") is < 0 or > uint.MaxValue)
            plugin.Find("txQLen")!.Error($"invalid txQLen {plugin.Number("txQLen")}");
        var seen = new HashSet<string>();
        foreach (var member in plugin.Object("sysctl")?.Members ?? [])
        {
            var sysctl = plugin.Object("sysctl")!.At(member.Name, member.Value);
            if (!seen.Add(member.Name))
                sysctl.Error("duplicated sysctl keys are not allowed");
            if (member.Value.ValueKind != JsonValueKind.String)
                sysctl.Error("must be a string, numbers too");
            if (!member.Name.StartsWith("net.", StringComparison.Ordinal) && !member.Name.StartsWith("net/", StringComparison.Ordinal))
                sysctl.Error($"invalid net sysctl key: \"{member.Name}\"; only those of net. belong to a container");
        }
    }
}
