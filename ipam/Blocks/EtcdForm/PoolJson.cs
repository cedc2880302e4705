using System.Text.Json;
using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.EtcdForm;

/// <summary>Pools as Calico's etcd datastore keeps them; the defaults are applied on reading, as Calico's client does.</summary>
internal static class PoolJson
{
    public static IpPool Read(string name, Members members)
    {
        var metadata = ResourceJson.ReadHead(name, members);
        var spec = members.Object("spec") ?? throw new FormatException("spec is missing");
        var text = spec.Text("cidr");
        if (!Cidr.TryParse(text, out var cidr))
            throw new FormatException($"spec.cidr is \"{text}\", not a CIDR");
        var pool = new IpPool(metadata, cidr);
        var (size, disabled, selector, uses) = (spec.Number("blockSize"), spec.Flag("disabled"), spec.Text("nodeSelector"), spec.TextList("allowedUses"));
        if (size != 0 && ((size < cidr.PrefixLength && !disabled) || size < 1 || size > cidr.Address.Bits)) // a disabled pool may be smaller than a block
            throw new FormatException($"spec.blockSize {size} is not between the pool's prefix length and {cidr.Address.Bits}");
        pool = pool with
        {
            BlockSize = size == 0 ? pool.BlockSize : size,
            NodeSelector = selector.Length > 0 ? selector : pool.NodeSelector,
            AllowedUses = uses.Count > 0 ? uses : pool.AllowedUses,
            VxlanMode = spec.Text("vxlanMode"),
            IpipMode = spec.Text("ipipMode"),
            NatOutgoing = spec.Flag("natOutgoing"),
            Disabled = disabled,
            DisableBgpExport = spec.Flag("disableBGPExport"),
            NamespaceSelector = spec.Text("namespaceSelector"),
            IsManual = spec.Text("assignmentMode") == "Manual",
            IsAllocatable = members.Peek("status") is not { } status || IsAllocatable(status),
        };
        return pool with { SpecExtra = spec.Rest(), Extra = members.Rest() };
    }

    public static void Write(IpPool pool, JsonWriter json)
    {
        ResourceJson.WriteHead("IPPool", pool.Metadata, json);
        json.WriteStartObject("spec");
        WriteSpec(pool, json);
        json.WriteEndObject();
        EtcdJson.WriteRest(pool.Extra, json);
        json.WriteEndObject();
    }

    /// <summary>What stands in <c>spec</c>.</summary>
    public static void WriteSpec(IpPool pool, JsonWriter json)
    {
        json.WriteString("cidr", pool.Cidr.ToString());
        json.WriteUnlessEmpty("vxlanMode", pool.VxlanMode);
        json.WriteUnlessEmpty("ipipMode", pool.IpipMode);
        WriteIfTrue("natOutgoing", pool.NatOutgoing, json);
        WriteIfTrue("disabled", pool.Disabled, json);
        WriteIfTrue("disableBGPExport", pool.DisableBgpExport, json);
        json.WriteNumber("blockSize", pool.BlockSize);
        json.WriteUnlessEmpty("nodeSelector", pool.NodeSelector);
        json.WriteUnlessEmpty("namespaceSelector", pool.NamespaceSelector);
        json.WriteUnlessEmpty("allowedUses", pool.AllowedUses);
        json.WriteString("assignmentMode", pool.IsManual ? "Manual" : "Automatic");
        EtcdJson.WriteRest(pool.SpecExtra, json);
    }

    private static void WriteIfTrue(string name, bool value, JsonWriter json)
    {
        if (value)
            json.WriteBoolean(name, true);
    }

    private static bool IsAllocatable(JsonElement status)
    {
        if (status.ValueKind != JsonValueKind.Object || !status.TryGetProperty("conditions", out var conditions) || conditions.ValueKind != JsonValueKind.Array)
            return true;
        foreach (var condition in conditions.EnumerateArray())
        {
            if (condition.ValueKind == JsonValueKind.Object && condition.TryGetProperty("type", out var type) && Says(type, "Allocatable")
                && condition.TryGetProperty("status", out var value) && Says(value, "False"))
                return false;
        }

        return true;
    }

    private static bool Says(JsonElement value, string text) => value.ValueKind == JsonValueKind.String && value.ValueEquals(text);
}
