using System.Text.Json;
using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.EtcdForm;

/// <summary>Objects as Calico's etcd datastore keeps them: compact JSON in the order in which Go writes it. The local datastore's files hold the same.</summary>
internal static class EtcdJson
{
    /// <summary>Reads what stands under a key; what makes no sense becomes an <see cref="Unreadable"/> that says why.</summary>
    public static Resource Read(Key key, ReadOnlyMemory<byte> json)
    {
        if (key is AffinityKey && json.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0)
            return new BlockAffinity(AffinityState.Confirmed, IsLegacy: true); // Calico 3.0 wrote nothing
        json = JsonUnicode.Mend(json);
        try
        {
            using var document = JsonDocument.Parse(json);
            var members = new Members(document.RootElement, "");
            return key switch
            {
                BlockKey block => BlockJson.Read(block.Cidr, members),
                AffinityKey => AffinityJson.ReadAffinity(members),
                HandleKey => AffinityJson.ReadHandle(members),
                SettingsKey => AffinityJson.ReadSettings(members),
                PoolKey pool => PoolJson.Read(pool.Name, members),
                ReservationKey reservation => ResourceJson.ReadReservation(reservation.Name, members),
                NodeKey node => ResourceJson.ReadNode(node.Name, members),
                EndpointKey endpoint => EndpointJson.Read(endpoint.Name, members) with { Namespace = endpoint.Namespace },
                ProfileKey profile => EndpointJson.ReadProfile(profile.Name, members),
                ClusterInformationKey => ResourceJson.ReadInformation(members),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        catch (JsonException e)
        {
            return new Unreadable(JsonSyntax.Describe(json.Span, e));
        }
        catch (FormatException e)
        {
            return new Unreadable(e.Message);
        }
    }

    /// <summary>Writes an object.</summary>
    public static byte[] Write(Resource value)
    {
        var json = new JsonWriter(indented: false);
        switch (value)
        {
            case Block block:
                BlockJson.Write(block, json);
                break;
            case BlockAffinity affinity:
                AffinityJson.Write(affinity, json);
                break;
            case BlockHandle handle:
                AffinityJson.Write(handle, json);
                break;
            case BlockSettings settings:
                AffinityJson.Write(settings, json);
                break;
            case IpPool pool:
                PoolJson.Write(pool, json);
                break;
            case IpReservation reservation:
                ResourceJson.Write(reservation, json);
                break;
            case ClusterNode node:
                ResourceJson.Write(node, json);
                break;
            case WorkloadEndpoint endpoint:
                EndpointJson.Write(endpoint, json);
                break;
            case NetworkProfile profile:
                EndpointJson.Write(profile, json);
                break;
            default:
                throw new ArgumentException($"{value.GetType().Name} cannot be stored", nameof(value));
        }

        return json.ToArray();
    }

    /// <summary>The members that are not known here, behind the known ones.</summary>
    public static void WriteRest(IReadOnlyList<RawMember> rest, JsonWriter json)
    {
        foreach (var member in rest)
        {
            json.WritePropertyName(member.Name);
            json.WriteRawValue(member.Json);
        }
    }

    /// <summary>Texts by key, sorted by key as Go sorts a map.</summary>
    public static void WriteTexts(string name, IReadOnlyDictionary<string, string> texts, JsonWriter json)
    {
        var keys = new List<string>(texts.Keys);
        keys.Sort(StringComparer.Ordinal);
        json.WriteStartObject(name);
        foreach (var key in keys)
            json.WriteString(key, texts[key]);
        json.WriteEndObject();
    }
}
