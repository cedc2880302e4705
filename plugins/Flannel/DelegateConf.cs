using System.Text.Json;
using CniPlugins.Cni;
using CniPlugins.Net;

namespace CniPlugins.Flannel;

/// <summary>The configuration of the plugin that does the work: <c>delegate</c>, with what flanneld says about the node.</summary>
/// <param name="Type">The plugin.</param>
/// <param name="Bytes">What it reads from stdin, and what the state file keeps.</param>
internal sealed record DelegateConf(string Type, ReadOnlyMemory<byte> Bytes)
{
    private const string DefaultType = "bridge";
    private const string DefaultIpam = "host-local";

    /// <summary>Renders it; without a <paramref name="subnet"/> (GC) only what needs none.</summary>
    public static DelegateConf Render(Request request, FlannelConfig config, SubnetEnv? subnet)
    {
        var wishes = config.Delegate ?? Nothing;
        var type = wishes.TryGetProperty("type", out var named) ? named.GetString() ?? "" : DefaultType;
        var set = new Dictionary<string, Action<JsonWriter>>
        {
            ["name"] = writer => writer.WriteStringValue(request.Network),
            ["type"] = writer => writer.WriteStringValue(type),
            ["ipam"] = writer => WriteIpam(writer, config.Ipam ?? Nothing, subnet),
        };
        if (request.Conf.VersionText.Length > 0)
            set["cniVersion"] = writer => writer.WriteStringValue(request.Conf.VersionText);
        foreach (var key in Forwarded(request))
        {
            if (request.Conf.Root.Find(key) is { } value)
                set[key] = writer => SortedJson.Write(writer, value);
        }

        Default(set, wishes, "isGateway", type == "bridge", "true");
        Default(set, wishes, "ipMasq", subnet is not null, subnet is { IsMasqueraded: true } ? "false" : "true");
        Default(set, wishes, "mtu", subnet is not null, $"{subnet?.Mtu}");
        return new DelegateConf(type, JsonText.Write(writer => SortedJson.Write(writer, wishes, set), indented: false));
    }

    /// <summary>What ADD has kept; null for what is no such configuration.</summary>
    public static DelegateConf? Parse(byte[] saved)
    {
        try
        {
            return ConfigObject.Parse(saved).String("type") is { Length: > 0 } type ? new DelegateConf(type, saved) : null;
        }
        catch (ConfigException)
        {
            return null;
        }
    }

    /// <summary>The network it names.</summary>
    public string? Network => ConfigObject.Parse(Bytes).String("name");

    /// <summary>The same with the result that CHECK compares.</summary>
    public DelegateConf WithPrevious(NetConf conf) => conf.Root.Find("prevResult") is not { } previous
        ? this
        : this with
        {
            Bytes = JsonText.Write(
                writer => SortedJson.Write(
                    writer,
                    ConfigObject.Parse(Bytes).Element,
                    new Dictionary<string, Action<JsonWriter>> { ["prevResult"] = to => SortedJson.Write(to, previous) }),
                indented: false),
        };

    private static JsonElement Nothing => JsonDocument.Parse("{}").RootElement;

    private static string[] Forwarded(Request request) => request is GcRequest
        ? ["runtimeConfig", "cni.dev/valid-attachments", "cni.dev/attachments"]
        : ["runtimeConfig"];

    private static void Default(
        Dictionary<string, Action<JsonWriter>> set, JsonElement wishes, string key, bool isKnown, string value)
    {
        if (isKnown && !wishes.TryGetProperty(key, out _))
            set[key] = writer => writer.WriteRawValue(value);
    }

    private static void WriteIpam(JsonWriter writer, JsonElement ipam, SubnetEnv? subnet)
    {
        var set = new Dictionary<string, Action<JsonWriter>>();
        if (!ipam.TryGetProperty("type", out _))
            set["type"] = to => to.WriteStringValue(DefaultIpam);
        if (subnet is not null)
        {
            set["ranges"] = to => WriteRanges(to, subnet.Subnets);
            set["routes"] = to => WriteRoutes(to, ipam, subnet.Networks);
        }

        SortedJson.Write(writer, ipam, set);
    }

    private static void WriteRanges(JsonWriter writer, IReadOnlyList<Cidr> subnets)
    {
        writer.WriteStartArray();
        foreach (var subnet in subnets)
        {
            writer.WriteStartArray();
            WriteObject(writer, "subnet", subnet);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    /// <summary>The configuration's own routes, then one for each network of the cluster.</summary>
    private static void WriteRoutes(JsonWriter writer, JsonElement ipam, IReadOnlyList<Cidr> networks)
    {
        writer.WriteStartArray();
        if (ipam.TryGetProperty("routes", out var routes) && routes.ValueKind == JsonValueKind.Array)
        {
            foreach (var route in routes.EnumerateArray())
                SortedJson.Write(writer, route);
        }

        foreach (var network in networks)
            WriteObject(writer, "dst", network);
        writer.WriteEndArray();
    }

    private static void WriteObject(JsonWriter writer, string key, Cidr value)
    {
        writer.WriteStartObject();
        writer.WriteString(key, value.ToString());
        writer.WriteEndObject();
    }
}
