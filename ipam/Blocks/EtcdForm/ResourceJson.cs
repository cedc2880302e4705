using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.EtcdForm;

/// <summary>Calico's v3 resources: kind, apiVersion, metadata, spec. The resource version is not stored, it is the key's revision.</summary>
internal static class ResourceJson
{
    private const string ApiVersion = "projectcalico.org/v3";

    public static IpReservation ReadReservation(string name, Members members)
    {
        var metadata = ReadHead(name, members);
        var spec = members.Object("spec");
        var reserved = spec?.TextList("reservedCIDRs") ?? [];
        return new IpReservation(metadata, reserved) { SpecExtra = spec?.Rest() ?? [], Extra = members.Rest() };
    }

    public static void Write(IpReservation reservation, JsonWriter json)
    {
        WriteHead("IPReservation", reservation.Metadata, json);
        json.WriteStartObject("spec");
        WriteSpec(reservation, json);
        json.WriteEndObject();
        EtcdJson.WriteRest(reservation.Extra, json);
        json.WriteEndObject();
    }

    /// <summary>What stands in <c>spec</c>.</summary>
    public static void WriteSpec(IpReservation reservation, JsonWriter json)
    {
        json.WriteUnlessEmpty("reservedCIDRs", reservation.Reserved);
        EtcdJson.WriteRest(reservation.SpecExtra, json);
    }

    public static ClusterNode ReadNode(string name, Members members)
    {
        var metadata = ReadHead(name, members);
        return new ClusterNode(metadata) { Extra = members.Rest() };
    }

    public static void Write(ClusterNode node, JsonWriter json)
    {
        WriteHead("Node", node.Metadata, json);
        if (node.Extra.Count == 0)
        {
            json.WriteStartObject("spec");
            json.WriteEndObject();
        }

        EtcdJson.WriteRest(node.Extra, json);
        json.WriteEndObject();
    }

    /// <summary>Whether the datastore is locked; nobody here writes this object.</summary>
    public static ClusterInformation ReadInformation(Members members) =>
        new(members.Object("spec") is { } spec && spec.Peek("datastoreReady") is not null ? spec.Flag("datastoreReady") : null);

    /// <summary>Takes kind, apiVersion and metadata.</summary>
    public static Metadata ReadHead(string name, Members members)
    {
        _ = members.Take("kind");
        _ = members.Take("apiVersion");
        if (members.Object("metadata") is not { } metadata)
            return new Metadata(name);
        _ = metadata.Take("name");
        _ = metadata.Take("resourceVersion");
        var read = new Metadata(name)
        {
            Uid = metadata.Text("uid"),
            CreationTimestamp = metadata.Text("creationTimestamp"),
            Labels = metadata.Texts("labels") ?? new Dictionary<string, string>(StringComparer.Ordinal),
            IsBeingDeleted = metadata.Peek("deletionTimestamp") is not null,
        };
        return read with { Extra = metadata.Rest() };
    }

    /// <summary>Opens the document and writes kind, apiVersion and metadata.</summary>
    public static void WriteHead(string kind, Metadata metadata, JsonWriter json, string space = "")
    {
        json.WriteStartObject();
        json.WriteString("kind", kind);
        json.WriteString("apiVersion", ApiVersion);
        json.WriteStartObject("metadata");
        json.WriteString("name", metadata.Name);
        json.WriteUnlessEmpty("namespace", space);
        json.WriteUnlessEmpty("uid", metadata.Uid);
        if (metadata.CreationTimestamp.Length > 0)
            json.WriteString("creationTimestamp", metadata.CreationTimestamp);
        else
            json.WriteNull("creationTimestamp");
        if (metadata.Labels.Count > 0)
            EtcdJson.WriteTexts("labels", metadata.Labels, json);
        EtcdJson.WriteRest(metadata.Extra, json);
        json.WriteEndObject();
    }
}
