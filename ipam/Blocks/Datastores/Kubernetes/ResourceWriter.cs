using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.EtcdForm;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.Datastores.Kubernetes;

/// <summary>Writes objects as Calico's own client writes them, in either of its groups.</summary>
internal sealed class ResourceWriter(ApiGroup group)
{
    private const string MetadataAnnotation = "projectcalico.org/metadata";

    private bool IsOlderForm => group == ApiGroup.V1;

    /// <summary>An object to be made (no revision), or to take the place of the one that was seen.</summary>
    public byte[] Write(Key key, Resource value, Revision? seen)
    {
        var json = new JsonWriter(indented: false);
        json.WriteStartObject();
        json.WriteString("kind", KindOf(key));
        json.WriteString("apiVersion", group.Version);
        json.WriteStartObject("metadata");
        json.WriteString("name", ResourceName.Of(key));
        if (seen is { } revision)
        {
            json.WriteString("resourceVersion", revision.Version);
            json.WriteUnlessEmpty("uid", revision.Uid);
        }

        WriteMetadata(key, value, json);
        json.WriteEndObject();
        json.WriteStartObject("spec");
        WriteSpec(key, value, json);
        json.WriteEndObject();
        if (value is IpPool or IpReservation)
            EtcdJson.WriteRest(value.Extra, json);
        json.WriteEndObject();
        return json.ToArray();
    }

    /// <summary>DeleteOptions: only this object, and only as it was seen.</summary>
    public static byte[] Delete(Revision seen)
    {
        var json = new JsonWriter(indented: false);
        json.WriteStartObject();
        json.WriteString("kind", "DeleteOptions");
        json.WriteString("apiVersion", "v1");
        json.WriteStartObject("preconditions");
        json.WriteUnlessEmpty("uid", seen.Uid);
        json.WriteUnlessEmpty("resourceVersion", seen.Version);
        json.WriteEndObject();
        json.WriteEndObject();
        return json.ToArray();
    }

    private string KindOf(Key key) => key switch
    {
        BlockKey => "IPAMBlock",
        AffinityKey => "BlockAffinity",
        HandleKey => "IPAMHandle",
        SettingsKey => group.SettingsKind,
        PoolKey => "IPPool",
        ReservationKey => "IPReservation",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>People may label pools and hang on them what they like; IPAM's own objects are whole replacements, as Calico's client makes them.</summary>
    private void WriteMetadata(Key key, Resource value, JsonWriter json)
    {
        var metadata = value switch { IpPool pool => pool.Metadata, IpReservation reservation => reservation.Metadata, _ => null };
        var labels = key is AffinityKey affinity ? HostLabels.Of(affinity) : metadata?.Labels ?? new Dictionary<string, string>();
        if (labels.Count > 0)
            EtcdJson.WriteTexts("labels", labels, json);
        if (metadata is { Extra.Count: > 0 })
            EtcdJson.WriteRest(metadata.Extra, json);
        else if (IsOlderForm)
            EtcdJson.WriteTexts("annotations", new Dictionary<string, string> { [MetadataAnnotation] = Annotation(key is AffinityKey ? labels : new Dictionary<string, string>()) }, json);
    }

    /// <summary>The metadata of Calico's own object, of which nothing is left but an affinity's labels.</summary>
    private static string Annotation(IReadOnlyDictionary<string, string> labels)
    {
        var json = new JsonWriter(indented: false);
        json.WriteStartObject();
        if (labels.Count > 0)
            EtcdJson.WriteTexts("labels", labels, json);
        json.WriteEndObject();
        return System.Text.Encoding.UTF8.GetString(json.ToArray());
    }

    private void WriteSpec(Key key, Resource value, JsonWriter json)
    {
        switch (value)
        {
            case Block block:
                WriteBlock(block, json);
                break;
            case BlockAffinity affinity:
                WriteAffinity((AffinityKey)key, affinity, json);
                break;
            case BlockHandle handle:
                json.WriteString("handleID", ((HandleKey)key).Id);
                AffinityJson.WriteCounts(handle, json);
                json.WriteBoolean("deleted", false);
                EtcdJson.WriteRest(handle.Extra, json);
                break;
            case BlockSettings settings:
                WriteSettings(settings, json);
                break;
            case IpPool pool:
                PoolJson.WriteSpec(pool, json);
                break;
            case IpReservation reservation:
                ResourceJson.WriteSpec(reservation, json);
                break;
            default:
                throw new ArgumentException($"{value.GetType().Name} cannot be stored", nameof(value));
        }
    }

    private static void WriteBlock(Block block, JsonWriter json)
    {
        json.WriteString("cidr", block.Cidr.ToString());
        if (block.Affinity is not null)
            json.WriteString("affinity", block.Affinity);
        if (block.ClaimedAt is { } claimed)
            json.WriteString("affinityClaimTime", GoTime.Rfc3339(claimed));
        BlockJson.WriteAddresses(block, json);
        json.WriteBoolean("deleted", false);
        json.WriteBoolean("strictAffinity", false);
        EtcdJson.WriteRest(block.Extra, json);
    }

    private void WriteAffinity(AffinityKey key, BlockAffinity affinity, JsonWriter json)
    {
        json.WriteString("state", AffinityJson.Word(affinity.State));
        json.WriteString("node", key.Owner.Name);
        json.WriteString("type", key.Owner.TypeText);
        json.WriteString("cidr", key.Cidr.ToString());
        if (IsOlderForm)
            json.WriteString("deleted", "false");
        else
            json.WriteBoolean("deleted", false);
        EtcdJson.WriteRest(affinity.Extra, json);
    }

    private static void WriteSettings(BlockSettings settings, JsonWriter json)
    {
        json.WriteBoolean("strictAffinity", settings.StrictAffinity);
        json.WriteBoolean("autoAllocateBlocks", settings.AutoAllocateBlocks);
        json.WriteUnlessZero("maxBlocksPerHost", settings.MaxBlocksPerHost);
        json.WriteUnlessEmpty("kubeVirtVMAddressPersistence", settings.VmAddressPersistence);
        json.WriteUnlessZero("ipCooldownSeconds", settings.CooldownSeconds);
        EtcdJson.WriteRest(settings.Extra, json);
    }
}
