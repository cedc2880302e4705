using System.Text;
using System.Text.Json;
using CniPlugins.Cni;

namespace CniPlugins.Calico;

/// <summary>The configuration as the address plugin gets it: what a pod wishes, and what only this plugin knows, is written into its <c>ipam</c> section.</summary>
internal static class IpamConfig
{
    /// <summary>What host-local knows nothing of: a subnet that is to be the node's, by Kubernetes (<c>usePodCidr</c>).</summary>
    private const string PodCidr4 = "usePodCidr";
    private const string PodCidr6 = "usePodCidrIPv6";

    /// <summary>The same configuration with other members of <c>ipam</c> (name → JSON), and with subnets put in.</summary>
    public static NetConf Edit(NetConf conf, IReadOnlyDictionary<string, string> members, Func<bool, string>? podCidr)
    {
        var json = new JsonWriter(indented: false);
        json.WriteStartObject();
        foreach (var property in conf.Root.Element.EnumerateObject())
        {
            json.WritePropertyName(property.Name);
            if (Is(property.Name, "ipam") && property.Value.ValueKind == JsonValueKind.Object)
                WriteIpam(property.Value, members, podCidr, json);
            else
                json.WriteRawValue(property.Value.GetRawText());
        }

        json.WriteEndObject();
        var edited = NetConf.Parse(json.ToArray());
        edited.Negotiate(Verb.Del, CniVersion.All); // what the verb allows was decided already
        return edited;
    }

    /// <summary>Whether any subnet is to be the node's.</summary>
    public static bool WantsPodCidr(ConfigObject? ipam) =>
        ipam is not null && (IsPodCidr(ipam.Find("subnet")) || (ipam.Find("ranges") is { ValueKind: JsonValueKind.Array } ranges && ranges.EnumerateArray().Any(set =>
            set.ValueKind == JsonValueKind.Array && set.EnumerateArray().Any(range => range.ValueKind == JsonValueKind.Object && range.EnumerateObject().Any(member => Is(member.Name, "subnet") && IsPodCidr(member.Value))))));

    /// <summary>An array of texts.</summary>
    public static string Texts(IEnumerable<string> texts)
    {
        var json = new JsonWriter(indented: false);
        json.WriteStartArray();
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
        return Encoding.UTF8.GetString(json.ToArray());
    }

    private static void WriteIpam(JsonElement ipam, IReadOnlyDictionary<string, string> members, Func<bool, string>? podCidr, JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var property in ipam.EnumerateObject())
        {
            if (members.Keys.Any(name => Is(property.Name, name)))
                continue;
            json.WritePropertyName(property.Name);
            if (podCidr is not null && (Is(property.Name, "subnet") || Is(property.Name, "ranges")))
                WriteSubnets(property.Value, podCidr, json);
            else
                json.WriteRawValue(property.Value.GetRawText());
        }

        foreach (var (name, value) in members)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value);
        }

        json.WriteEndObject();
    }

    /// <summary>Lists of lists of ranges, or a subnet itself.</summary>
    private static void WriteSubnets(JsonElement value, Func<bool, string> podCidr, JsonWriter json)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var element in value.EnumerateArray())
                    WriteSubnets(element, podCidr, json);
                json.WriteEndArray();
                break;
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    json.WritePropertyName(member.Name);
                    if (Is(member.Name, "subnet"))
                        WriteSubnets(member.Value, podCidr, json);
                    else
                        json.WriteRawValue(member.Value.GetRawText());
                }

                json.WriteEndObject();
                break;
            default:
                if (IsPodCidr(value))
                    json.WriteStringValue(podCidr(Is(value.GetString()!, PodCidr6)));
                else
                    json.WriteRawValue(value.GetRawText());
                break;
        }
    }

    private static bool IsPodCidr(JsonElement? value) => value is { ValueKind: JsonValueKind.String } text && (Is(text.GetString()!, PodCidr4) || Is(text.GetString()!, PodCidr6));

    private static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
